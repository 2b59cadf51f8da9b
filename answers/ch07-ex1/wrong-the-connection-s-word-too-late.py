# the app's rollback took the first one back as well
# breaks: kept

from contextlib import asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker


class OfATest(AsyncSession):
    async def commit(self):
        await self.flush()


@asynccontextmanager
async def session_factory(engine):
    async with engine.connect() as connection:
        await connection.begin()
        try:
            yield async_sessionmaker(connection, class_=OfATest, expire_on_commit=False)
        finally:
            await connection.rollback()
