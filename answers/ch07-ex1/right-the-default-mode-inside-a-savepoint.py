# a savepoint around the test, which the default mode joins by one of its own

from contextlib import asynccontextmanager

from sqlalchemy.ext.asyncio import async_sessionmaker


@asynccontextmanager
async def session_factory(engine):
    async with engine.connect() as connection, connection.begin() as transaction:
        await connection.begin_nested()
        try:
            yield async_sessionmaker(connection, expire_on_commit=False)
        finally:
            await transaction.rollback()
