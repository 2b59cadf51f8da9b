# rolled it back, stored another one, and both were there
# breaks: undone

from contextlib import asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker


class OfATest(AsyncSession):
    async def rollback(self):
        self.expunge_all()


@asynccontextmanager
async def session_factory(engine):
    async with engine.connect() as connection, connection.begin() as transaction:
        yield async_sessionmaker(
            connection,
            class_=OfATest,
            expire_on_commit=False,
            join_transaction_mode="create_savepoint",
        )
        await transaction.rollback()
