# it is `Annotated[AsyncSession, Depends(…)]`
# breaks: before, told, undone, one, returned, locked

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncSession


async def write_session(request: Request) -> AsyncIterator[AsyncSession]:
    async with request.app.state.write.begin() as session:
        yield session


WriteSession = Depends(write_session, scope="function")
