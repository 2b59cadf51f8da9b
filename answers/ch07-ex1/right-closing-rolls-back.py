# closing the connection is what rolls back

from contextlib import asynccontextmanager

from sqlalchemy.ext.asyncio import async_sessionmaker


@asynccontextmanager
async def session_factory(engine):
    async with engine.connect() as connection:
        await connection.begin()
        yield async_sessionmaker(
            connection, expire_on_commit=False, join_transaction_mode="create_savepoint"
        )
