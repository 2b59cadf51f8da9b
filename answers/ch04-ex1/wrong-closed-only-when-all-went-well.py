# What closes the session has to run on every way out
# breaks: returned

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncSession


async def write_session(request: Request) -> AsyncIterator[AsyncSession]:
    session = request.app.state.write()
    yield session
    try:
        await session.commit()
    finally:
        await session.rollback()
        await session.close()


WriteSession = Annotated[AsyncSession, Depends(write_session, scope="function")]
