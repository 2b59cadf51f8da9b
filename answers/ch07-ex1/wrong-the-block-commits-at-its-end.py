# leaked into the database
# breaks: clean

from contextlib import asynccontextmanager

from sqlalchemy.ext.asyncio import async_sessionmaker


@asynccontextmanager
async def session_factory(engine):
    async with engine.begin() as connection:
        yield async_sessionmaker(
            connection, expire_on_commit=False, join_transaction_mode="create_savepoint"
        )
