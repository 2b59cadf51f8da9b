# After a test that fails 1 connection was still out
# breaks: back

from contextlib import asynccontextmanager

from sqlalchemy.ext.asyncio import async_sessionmaker


@asynccontextmanager
async def session_factory(engine):
    connection = await engine.connect()
    transaction = await connection.begin()
    try:
        yield async_sessionmaker(
            connection, expire_on_commit=False, join_transaction_mode="create_savepoint"
        )
    finally:
        await transaction.rollback()
    await connection.close()
