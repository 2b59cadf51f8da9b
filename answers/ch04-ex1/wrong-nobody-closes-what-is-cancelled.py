# After a request that was cancelled while its endpoint waited 1 connection was still out
# breaks: returned

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncSession


async def write_session(request: Request) -> AsyncIterator[AsyncSession]:
    session = request.app.state.write()
    try:
        yield session
        await session.commit()
    except Exception:
        await session.rollback()
        raise


WriteSession = Annotated[AsyncSession, Depends(write_session, scope="function")]
