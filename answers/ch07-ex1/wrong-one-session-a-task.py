# the same session both times
# breaks: own

import asyncio
from contextlib import asynccontextmanager

from sqlalchemy.ext.asyncio import async_scoped_session, async_sessionmaker


@asynccontextmanager
async def session_factory(engine):
    async with engine.connect() as connection:
        await connection.begin()
        factory = async_sessionmaker(
            connection, expire_on_commit=False, join_transaction_mode="create_savepoint"
        )
        sessions = async_scoped_session(factory, asyncio.current_task)
        yield lambda: sessions()
        await sessions.remove()
