# a guest was there who had not been there
# breaks: clean

from contextlib import asynccontextmanager

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import async_sessionmaker

from lantern.theatre import Order


@asynccontextmanager
async def session_factory(engine):
    async with engine.connect() as connection:
        rows = [dict(row._mapping) for row in await connection.execute(select(Order.__table__))]
    try:
        yield async_sessionmaker(engine, expire_on_commit=False)
    finally:
        async with engine.begin() as connection:
            await connection.execute(delete(Order))
            await connection.execute(insert(Order), rows)
