"""An app in which the garbage collector, in a greenlet, closes a connection that was dropped.

While it waits for the close the loop goes on, and SQLAlchemy has put the record of the dropped
connection back into the pool: who takes it there has it checked in while in use.
"""

import asyncio
import gc

import pytest
from fastapi import FastAPI
from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.util import await_, greenlet_spawn

engine = create_async_engine("sqlite+aiosqlite:///any.db", pool_use_lifo=True)
app = FastAPI()
closes, held, given_back, closed, over = (asyncio.Event() for _ in range(5))
seen = []


@event.listens_for(engine.sync_engine, "close_detached")
def over_a_slow_network(connection):
    closes.set()
    await_(given_back.wait())


async def driver(session):
    return (await (await session.connection()).get_raw_connection()).driver_connection


@app.get("/dropped")
async def drops():
    session = AsyncSession(engine)
    await session.execute(text("SELECT 1"))  # finds: connection-left
    session.kept_by = [session]


@app.get("/collects")
async def collects():
    try:
        with pytest.warns(match="garbage collector is trying to clean up"):
            await greenlet_spawn(gc.collect)
    finally:
        closes.set()  # where nothing was closed the test fails, and does not wait
        closed.set()


@app.get("/innocent")
async def innocent():
    await closes.wait()
    async with AsyncSession(engine) as session:
        await session.execute(text("SELECT 1"))  # takes the record of the dropped one
        seen.append(await driver(session))
        held.set()
        await over.wait()
        await session.execute(text("SELECT 1"))


@app.get("/beside")
async def beside():
    await held.wait()
    async with AsyncSession(engine) as session:
        await session.execute(text("SELECT 1"))
    given_back.set()


@app.get("/next")
async def comes_next():
    await closed.wait()
    async with AsyncSession(engine) as session:
        seen.append(await driver(session))
    over.set()
