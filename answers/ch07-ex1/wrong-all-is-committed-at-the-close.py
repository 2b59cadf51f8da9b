# whatever the same session does after it
# breaks: kept

from contextlib import asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker


class Late(AsyncSession):
    said = False

    async def commit(self):
        await self.flush()
        self.said = True

    async def close(self):
        if self.said:
            await super().commit()
        await super().close()


@asynccontextmanager
async def session_factory(engine):
    async with engine.connect() as connection:
        transaction = await connection.begin()
        try:
            yield async_sessionmaker(
                connection, class_=Late, join_transaction_mode="create_savepoint"
            )
        finally:
            await transaction.rollback()
