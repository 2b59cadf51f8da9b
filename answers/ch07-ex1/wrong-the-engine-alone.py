# 2 rows leaked into the database
# breaks: clean

from contextlib import asynccontextmanager

from sqlalchemy.ext.asyncio import async_sessionmaker


@asynccontextmanager
async def session_factory(engine):
    yield async_sessionmaker(engine, expire_on_commit=False)
