# It was not committed
# breaks: before
# never told: COMMIT came after the answer

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncSession


async def write_session(request: Request) -> AsyncIterator[AsyncSession]:
    async with request.app.state.write() as session:
        yield session


WriteSession = Annotated[AsyncSession, Depends(write_session, scope="function")]
