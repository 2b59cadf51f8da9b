# an object that is called

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncSession


class Sessions:
    async def __call__(self, request: Request) -> AsyncIterator[AsyncSession]:
        session = request.app.state.write()
        try:
            async with session.begin():
                yield session
        finally:
            await session.close()


write_session = Sessions()


WriteSession = Annotated[AsyncSession, Depends(write_session, scope="function")]
