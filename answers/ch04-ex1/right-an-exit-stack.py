# an exit stack and a limit on how many at once

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncSession


async def write_session(request: Request) -> AsyncIterator[AsyncSession]:
    async with AsyncExitStack() as stack:
        yield await stack.enter_async_context(request.app.state.write.begin())


WriteSession = Annotated[AsyncSession, Depends(write_session, scope="function", max_concurrency=5)]
