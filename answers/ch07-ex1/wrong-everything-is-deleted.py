# had been there before any test were gone
# breaks: clean

from contextlib import asynccontextmanager

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import async_sessionmaker

from lantern.theatre import Order


@asynccontextmanager
async def session_factory(engine):
    try:
        yield async_sessionmaker(engine, expire_on_commit=False)
    finally:
        async with engine.begin() as connection:
            await connection.execute(delete(Order))
