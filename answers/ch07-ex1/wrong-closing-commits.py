# closed without a commit, and the order was there
# breaks: undone

from contextlib import asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker


class OfATest(AsyncSession):
    async def close(self):
        if self.sync_session.get_transaction() and self.sync_session.is_active:
            await self.commit()
        await super().close()


@asynccontextmanager
async def session_factory(engine):
    async with engine.connect() as connection:
        await connection.begin()
        yield async_sessionmaker(
            connection,
            class_=OfATest,
            expire_on_commit=False,
            join_transaction_mode="create_savepoint",
        )
