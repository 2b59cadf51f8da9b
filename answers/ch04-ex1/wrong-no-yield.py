# one that returns it does not
# breaks: before, told, undone, one, returned, locked

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncSession


async def write_session(request: Request) -> AsyncSession:
    async with request.app.state.write.begin() as session:
        return session


WriteSession = Annotated[AsyncSession, Depends(write_session, scope="function")]
