# a dependency behind it, both of function scope

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncSession


async def open_session(request: Request) -> AsyncIterator[AsyncSession]:
    async with request.app.state.write() as session:
        yield session


async def write_session(
    session: Annotated[AsyncSession, Depends(open_session, scope="function")],
) -> AsyncIterator[AsyncSession]:
    async with session.begin():
        yield session


WriteSession = Annotated[AsyncSession, Depends(write_session, scope="function")]
