# One request had 2 transactions
# breaks: one

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession


async def write_session(request: Request) -> AsyncIterator[AsyncSession]:
    async with request.app.state.write() as session:
        await session.execute(text("SELECT 1"))
        await session.commit()
        async with session.begin():
            yield session


WriteSession = Annotated[AsyncSession, Depends(write_session, scope="function")]
