# was still out
# breaks: returned
# never told: had left its transaction open

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncSession


async def write_session(request: Request) -> AsyncIterator[AsyncSession]:
    session = request.app.state.write()
    yield session
    await session.commit()


WriteSession = Annotated[AsyncSession, Depends(write_session, scope="function")]
