# made no session of app.state.write
# breaks: one

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncSession


async def write_session(request: Request) -> AsyncIterator[AsyncSession]:
    bind = request.app.state.write.kw["bind"]
    async with AsyncSession(bind, expire_on_commit=False) as session, session.begin():
        yield session


WriteSession = Annotated[AsyncSession, Depends(write_session, scope="function")]
