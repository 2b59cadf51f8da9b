# a transaction inside a session

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncSession


async def write_session(request: Request) -> AsyncIterator[AsyncSession]:
    async with request.app.state.write() as session, session.begin():
        yield session


WriteSession = Annotated[AsyncSession, Depends(write_session, scope="function")]
