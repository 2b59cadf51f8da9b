"""An async app with a fault in every endpoint: `finds` names it at the line to be told."""

import asyncio
import hashlib
import time
from datetime import datetime, UTC
from typing import Annotated

from fastapi import BackgroundTasks, Depends, FastAPI
from fastapi.responses import StreamingResponse
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

from models import Note, Order

engine = create_async_engine("sqlite+aiosqlite:///any.db")
factory = async_sessionmaker(engine)
app = FastAPI()
kept = []
ONE = text("SELECT 1")


async def committing():
    async with factory() as session:
        yield session
        await session.commit()  # finds: commit-after-answer


async def forgetting():
    async with factory() as session:
        yield session


Committing = Annotated[AsyncSession, Depends(committing)]
Forgetting = Annotated[AsyncSession, Depends(forgetting)]


@app.post("/late")
async def late(session: Committing):
    session.add(Order())
    await session.flush()


@app.post("/forgotten")
async def forgotten(session: Forgetting):
    session.add(Order())
    await session.flush()  # finds: lost-write


@app.post("/swallowed")
async def swallowed(session: Forgetting):
    session.add(Order(key="new"))
    await session.flush()  # finds: lost-write
    session.add(Order(key="first 1"))
    try:
        await session.flush()
    except IntegrityError:
        await session.rollback()


@app.get("/kept")
async def keeps():
    session = factory()
    kept.append(session)
    await session.execute(ONE)  # finds: connection-left


@app.get("/dropped")
async def drops():
    session = factory()
    await session.execute(ONE)  # finds: connection-left


@app.get("/many")
async def many(session: Forgetting):
    count = 0
    for order in await session.scalars(select(Order)):
        count += len(await order.awaitable_attrs.lines)  # finds: n-plus-one
    return count


@app.get("/frozen")
async def frozen():
    time.sleep(0.3)  # finds: loop-frozen


def hashed():
    return hashlib.pbkdf2_hmac("sha256", b"password", b"salt", 1_000_000)  # finds: loop-frozen


@app.get("/computing")
async def computing():
    hashed()


@app.get("/two")
async def two(session: Forgetting):
    await session.execute(ONE)
    async with factory() as other:
        await other.execute(ONE)  # finds: two-connections


async def ask(session):
    await session.execute(ONE)  # finds: shared-session


@app.get("/shared")
async def shared(session: Forgetting):
    await session.execute(ONE)
    await asyncio.gather(ask(session), ask(session))


@app.get("/closed")
async def closed():
    async with factory() as session:
        await session.execute(ONE)
    await session.execute(ONE)  # finds: closed-session
    await session.close()


@app.post("/idle")
async def idle(session: Forgetting):
    order = await session.get(Order, 1)
    await asyncio.sleep(0.5)  # finds: idle-transaction
    order.key = "paid"
    await session.commit()


@app.get("/stream")
async def stream(session: Forgetting):
    async def parts():
        for order in orders:
            yield str(order.id)
            await asyncio.sleep(0.5)  # finds: connection-held

    orders = (await session.scalars(select(Order).where(Order.id == 1))).all()
    return StreamingResponse(parts())


@app.get("/background")
async def background(session: Forgetting, tasks: BackgroundTasks):
    async def mail(order):
        await asyncio.sleep(0.5)  # finds: connection-held

    tasks.add_task(mail, await session.get(Order, 1))


async def mail():
    await asyncio.sleep(30)


@app.post("/task")
async def task():
    asyncio.create_task(mail())  # finds: task-left
    await asyncio.sleep(0)


@app.post("/never-awaited")
async def never_awaited(session: Forgetting):
    await session.execute(ONE)
    session.commit()  # finds: never-awaited


@app.post("/named-and-never-awaited")
async def named_and_never_awaited():
    mailing = mail()  # finds: never-awaited
    kept.append(mailing)
    kept.remove(mailing)


@app.get("/engine")
async def one_more_engine():
    own = create_async_engine("sqlite+aiosqlite:///any.db")  # finds: engine-left
    async with own.connect() as connection:
        await connection.execute(ONE)


@app.post("/changed-in-place")
async def changed_in_place(session: Forgetting):
    note = await session.get(Note, 1)
    note.told["tags"].append("new")
    await session.commit()  # finds: changed-in-place


@app.post("/aware")
async def aware(session: Forgetting):
    session.add(Note(at=datetime.now(UTC)))
    await session.commit()


@app.get("/naive")
async def naive(session: Forgetting):
    session.add(Note(at=datetime(2026, 1, 1)))
    await session.flush()  # finds: mixed-datetimes
    await session.commit()
