# for a seat that was taken the client holds a 201
# breaks: before
# never told: It was not committed

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncSession


async def open_session(request: Request) -> AsyncIterator[AsyncSession]:
    async with request.app.state.write.begin() as session:
        yield session


async def write_session(
    session: Annotated[AsyncSession, Depends(open_session)],
) -> AsyncIterator[AsyncSession]:
    yield session


WriteSession = Annotated[AsyncSession, Depends(write_session, scope="function")]
