# made no session of app.state.write
# breaks: one

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncSession

kept = {}


async def write_session(request: Request) -> AsyncIterator[AsyncSession]:
    session = kept.get(request.app) or request.app.state.write()
    kept[request.app] = session
    async with session.begin():
        yield session


WriteSession = Annotated[AsyncSession, Depends(write_session, scope="function")]
