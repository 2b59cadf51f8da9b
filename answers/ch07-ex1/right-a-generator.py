# a generator, as a fixture of pytest is

from sqlalchemy.ext.asyncio import async_sessionmaker


async def session_factory(engine):
    async with engine.connect() as connection:
        transaction = await connection.begin()
        yield async_sessionmaker(
            connection, expire_on_commit=False, join_transaction_mode="create_savepoint"
        )
        await transaction.rollback()
