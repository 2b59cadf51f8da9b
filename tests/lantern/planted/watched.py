"""An app to be watched, with what goes wrong in each route; the tests look at it from outside."""

import asyncio
import time
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated

from fastapi import Depends, FastAPI
from sqlalchemy import create_engine, insert, select, text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import Session

from models import Base, Order, first_rows

engine = create_async_engine("sqlite+aiosqlite:///any.db")
factory = async_sessionmaker(engine)
go = Path("go")
kept = []


@asynccontextmanager
async def lifespan(app: FastAPI):
    other = create_engine("sqlite:///any.db", connect_args={"check_same_thread": False})
    Base.metadata.drop_all(other)
    Base.metadata.create_all(other)
    with Session(other) as session, session.begin():
        session.add_all(first_rows())
    app.state.other = other
    yield
    other.dispose()
    await engine.dispose()
    Path("over").touch()


app = FastAPI(lifespan=lifespan)


async def opened():
    async with factory() as session:  # makes
        yield session


Opened = Annotated[AsyncSession, Depends(opened)]


@app.get("/holds")
async def holds(session: Opened):
    await session.execute(select(Order).where(Order.key == "a secret"))  # holds
    while not go.exists():
        await asyncio.sleep(0.01)


@app.get("/freezes")
async def freezes():
    while not go.exists():
        time.sleep(0.01)  # freezes


@app.get("/many/{name}")
async def many(name: str, session: Opened):
    rows = await session.scalars(select(Order))
    return [len(await row.awaitable_attrs.lines) for row in rows]  # many


@app.get("/asks")
def asks():
    with Session(app.state.other) as session:
        for key in range(4):
            session.execute(text("SELECT 1 WHERE 'a secret' = :key"), {"key": key})  # asks


@app.get("/keeps")
def keeps():
    connection = app.state.other.connect()
    connection.execute(insert(Order).values(key="another secret"))  # keeps
    kept.append(connection)
