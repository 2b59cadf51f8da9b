# the next session did not see it
# breaks: seen

from contextlib import asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker


class OfATest(AsyncSession):
    async def commit(self):
        await self.flush()


@asynccontextmanager
async def session_factory(engine):
    yield async_sessionmaker(engine, class_=OfATest, expire_on_commit=False)
