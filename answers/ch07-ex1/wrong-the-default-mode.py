# the app's rollback took the first one back as well
# breaks: kept
# on PostgreSQL: it does not hold either

from contextlib import asynccontextmanager

from sqlalchemy.ext.asyncio import async_sessionmaker


@asynccontextmanager
async def session_factory(engine):
    async with engine.connect() as connection:
        transaction = await connection.begin()
        try:
            yield async_sessionmaker(connection, expire_on_commit=False)
        finally:
            await transaction.rollback()
