# After a test that reads and meets an error nothing was told
# breaks: told

from contextlib import asynccontextmanager

from sqlalchemy.ext.asyncio import async_sessionmaker


@asynccontextmanager
async def session_factory(engine):
    async with engine.connect() as connection, connection.begin() as transaction:
        try:
            yield async_sessionmaker(
                connection, expire_on_commit=False, join_transaction_mode="create_savepoint"
            )
        except AssertionError:
            raise
        except Exception as error:
            print(error)
        finally:
            await transaction.rollback()
