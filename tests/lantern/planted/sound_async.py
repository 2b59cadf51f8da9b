"""The same app without a fault: what looks like one, and is none."""

import asyncio
import hashlib
import time
from contextlib import asynccontextmanager
from datetime import datetime, UTC
from functools import cache
from typing import Annotated

from fastapi import BackgroundTasks, Depends, FastAPI, HTTPException
from fastapi.responses import StreamingResponse
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import selectinload
from sqlalchemy.orm.attributes import flag_modified

from models import Note, Order

engine = create_async_engine("sqlite+aiosqlite:///any.db", echo=False, pool_size=5)
factory = async_sessionmaker(engine, expire_on_commit=False)
ONE = text("SELECT 1")
# Some tenths of a second of the database's own.
SLOW = text(
    "WITH RECURSIVE many(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM many WHERE n < 600000)"
    " SELECT count(*) FROM many"
)
at_work = set()


@asynccontextmanager
async def lifespan(app):
    async with factory() as session:
        await session.execute(ONE)
        yield


app = FastAPI(lifespan=lifespan)


async def reading():
    async with factory() as session:
        yield session


async def committing():
    async with factory() as session:
        yield session
        await session.commit()


Reading = Annotated[AsyncSession, Depends(reading)]
Committing = Annotated[AsyncSession, Depends(committing)]
InTime = Annotated[AsyncSession, Depends(committing, scope="function")]


@app.get("/commits-nothing-late")
async def commits_nothing_late(session: Committing):
    await session.execute(ONE)


@app.post("/in-time")
async def in_time(session: InTime):
    session.add(Order())


@app.post("/refused")
async def refused(session: Committing):
    session.add(Order())
    await session.flush()
    raise HTTPException(409)


@app.post("/get-or-create")
async def get_or_create(session: Reading):
    session.add(Order(key="first 1"))
    try:
        await session.commit()
    except IntegrityError:
        await session.rollback()
    return await session.scalar(select(Order.id).where(Order.key == "first 1"))


@app.post("/savepoint")
async def savepoint(session: Reading):
    session.add(Order())
    await session.flush()
    try:
        async with session.begin_nested():
            session.add(Order(key="first 1"))
    except IntegrityError:
        pass
    await session.commit()


@app.post("/again")
async def again():
    for key in ("first 1", None):
        async with factory() as session:
            session.add_all([Order(), Order(key=key)])
            try:
                await session.commit()
            except IntegrityError:
                continue


@app.post("/tried")
async def tried(session: Reading):
    session.add(Order())
    await session.flush()
    await session.rollback()


@app.post("/background")
async def background(tasks: BackgroundTasks):
    async def store():
        async with factory.begin() as session:
            session.add(Order())

    tasks.add_task(store)


@app.post("/left-running")
async def left_running():
    async def store():
        async with factory.begin() as session:
            session.add(Order())
            await session.flush()
            await asyncio.sleep(0.05)

    task = asyncio.create_task(store())
    at_work.add(task)
    task.add_done_callback(at_work.discard)


@app.get("/stream")
async def stream(session: Reading):
    async def parts():
        for order in await session.scalars(select(Order)):
            yield str(order.id)

    return StreamingResponse(parts())


@app.get("/loaded")
async def loaded(session: Reading):
    orders = await session.scalars(select(Order).options(selectinload(Order.lines)))
    return sum(len(order.lines) for order in orders)


@app.get("/waits")
async def waits():
    await asyncio.sleep(0.2)
    await asyncio.to_thread(time.sleep, 0.2)


@app.get("/in-a-thread")
def in_a_thread():
    time.sleep(0.2)


@app.get("/beside")
async def beside():
    async def ask():
        async with factory() as session:
            await session.execute(ONE)

    await asyncio.gather(ask(), ask())


@app.get("/one-after-another")
async def one_after_another():
    for _ in range(2):
        async with factory() as session:
            await session.execute(ONE)


@app.post("/waits-between")
async def waits_between(session: Reading):
    order = await session.get(Order, 1)
    await session.commit()
    await asyncio.sleep(0.2)
    order.key = "paid"
    await session.commit()
    await asyncio.sleep(0.2)


@app.get("/computes-between")
async def computes_between(session: Reading):
    await session.execute(ONE)
    await asyncio.to_thread(hashlib.pbkdf2_hmac, "sha256", b"word", b"salt", 500_000)
    await session.execute(ONE)


@app.get("/slow-database")
async def slow_database(session: Reading):
    async def ask():
        async with factory() as other:
            await other.execute(SLOW)

    await session.execute(ONE)
    await asyncio.create_task(ask())
    await session.execute(SLOW)


@app.get("/reads-before-it-streams")
async def reads_before_it_streams():
    async with factory() as session:
        orders = (await session.scalars(select(Order))).all()

    async def parts():
        for order in orders:
            yield str(order.id)
            await asyncio.sleep(0.1)

    return StreamingResponse(parts())


@app.get("/rows-as-they-come")
async def rows_as_they_come(session: Reading):
    async def parts():
        async for order in await session.stream_scalars(select(Order)):
            yield str(order.id)
            await asyncio.sleep(0.1)

    return StreamingResponse(parts())


@app.get("/mails")
async def mails(session: InTime, tasks: BackgroundTasks):
    await session.execute(ONE)
    tasks.add_task(asyncio.sleep, 0.2)


@app.get("/own-engine")
async def own_engine():
    own = create_async_engine("sqlite+aiosqlite:///any.db")
    async with own.connect() as connection:
        await connection.execute(ONE)
    await own.dispose()


@cache
def engine_of_its_own():
    return create_async_engine("sqlite+aiosqlite:///any.db")


@app.get("/engine-made-when-needed")
async def engine_made_when_needed():
    async with engine_of_its_own().connect() as connection:
        await connection.execute(ONE)


@app.get("/tasks-in-a-group")
async def tasks_in_a_group():
    async with asyncio.TaskGroup() as group:
        group.create_task(asyncio.sleep(0.01))
    asked = asyncio.create_task(asyncio.sleep(30))
    asked.cancel()


@app.get("/awaited-later")
async def awaited_later():
    later = asyncio.sleep(0)
    asyncio.create_task(asyncio.sleep(0))
    await later
    await asyncio.sleep(0)


@app.post("/changes-what-it-tells")
async def changes_what_it_tells(session: Reading):
    note = await session.get(Note, 1)
    note.told["only"] = "for the answer"
    return note.told


@app.post("/changed-and-stored")
async def changed_and_stored(session: Reading):
    note = await session.get(Note, 1)
    note.kept["tracked"] = True
    await session.commit()
    note.told["flagged"] = True
    flag_modified(note, "told")
    await session.commit()
    note.told = {**note.told, "anew": True}
    await session.commit()
    await session.refresh(note)
    session.add(Note())
    await session.commit()


@app.post("/times")
async def times(session: Reading):
    now = datetime.now(UTC)
    session.add(Note(at=datetime(2026, 1, 1), until=now, in_utc=now))
    await session.commit()
    session.expire_all()
    return [(note.at, note.until, note.in_utc) for note in await session.scalars(select(Note))]
