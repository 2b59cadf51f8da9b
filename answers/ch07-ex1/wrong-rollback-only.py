# 1 row leaked
# breaks: kept

from sqlalchemy.ext.asyncio import async_sessionmaker


async def session_factory(engine):
    async with engine.connect() as connection:
        await connection.begin()
        yield async_sessionmaker(
            connection, expire_on_commit=False, join_transaction_mode="rollback_only"
        )
        await connection.rollback()
