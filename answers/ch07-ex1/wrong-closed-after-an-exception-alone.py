# is no `Exception`
# breaks: back

from contextlib import asynccontextmanager

from sqlalchemy.ext.asyncio import async_sessionmaker


@asynccontextmanager
async def session_factory(engine):
    connection = await engine.connect()
    await connection.begin()
    try:
        yield async_sessionmaker(
            connection, expire_on_commit=False, join_transaction_mode="create_savepoint"
        )
    except Exception:
        await connection.close()
        raise
    await connection.close()
