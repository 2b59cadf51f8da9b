"""An app of a project that has pytest plugins and a driver of its own; `finds` names two faults."""

import os
from contextlib import asynccontextmanager

from fastapi import FastAPI
from models import AsyncSession, Base, Line, Order
from sqlalchemy import select
from sqlalchemy.ext.asyncio import create_async_engine

kept = []


@asynccontextmanager
async def lifespan(app):
    app.state.engine = create_async_engine(os.environ["DATABASE_URL"])
    async with app.state.engine.begin() as connection:
        await connection.run_sync(Base.metadata.drop_all)
        await connection.run_sync(Base.metadata.create_all)
    async with AsyncSession(app.state.engine) as session:
        session.add_all(Order(lines=[Line()]) for _ in range(4))
        await session.commit()
    yield
    kept.clear()
    await app.state.engine.dispose()


app = FastAPI(lifespan=lifespan)


async def keeps():
    session = AsyncSession(app.state.engine)
    kept.append(session)
    await session.execute(select(1))  # finds: connection-left


def lines_of_each(session):
    return sum(len(order.lines) for order in session.scalars(select(Order)))  # finds: n-plus-one


async def counts():
    async with AsyncSession(app.state.engine) as session:
        return await session.run_sync(lines_of_each)


async def sound():
    async with AsyncSession(app.state.engine) as session:
        return await session.scalar(select(Order.id).limit(1))


for runner in ("anyio", "pytest-asyncio", "testclient"):
    for endpoint in (keeps, counts, sound):
        app.get(f"/{runner}/{endpoint.__name__}")(endpoint)
