# the same session both times
# breaks: own

from contextlib import asynccontextmanager

from sqlalchemy.ext.asyncio import async_sessionmaker


@asynccontextmanager
async def session_factory(engine):
    async with engine.connect() as connection:
        await connection.begin()
        factory = async_sessionmaker(
            connection, expire_on_commit=False, join_transaction_mode="create_savepoint"
        )
        async with factory() as session:
            yield lambda: session
