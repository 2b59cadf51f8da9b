# is due
# breaks: told

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncSession


async def write_session(request: Request) -> AsyncIterator[AsyncSession]:
    try:
        async with request.app.state.write.begin() as session:
            yield session
    except Exception as error:
        raise RuntimeError("the request failed") from error


WriteSession = Annotated[AsyncSession, Depends(write_session, scope="function")]
