# cannot be called
# breaks: seen, kept, undone, own, clean, back, told

from contextlib import asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncSession


@asynccontextmanager
async def session_factory(engine):
    async with engine.connect() as connection:
        await connection.begin()
        async with AsyncSession(
            connection, expire_on_commit=False, join_transaction_mode="create_savepoint"
        ) as session:
            yield session
