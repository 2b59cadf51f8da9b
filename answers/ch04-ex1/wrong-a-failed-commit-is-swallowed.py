# the client believes what is not so
# breaks: told

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession


async def write_session(request: Request) -> AsyncIterator[AsyncSession]:
    async with request.app.state.write() as session:
        yield session
        try:
            await session.commit()
        except DBAPIError:
            await session.rollback()


WriteSession = Annotated[AsyncSession, Depends(write_session, scope="function")]
