# this transaction was committed
# breaks: undone, told

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncSession


async def write_session(request: Request) -> AsyncIterator[AsyncSession]:
    async with request.app.state.write() as session:
        try:
            yield session
        finally:
            try:
                await session.commit()
            except BaseException:
                await session.rollback()
                raise


WriteSession = Annotated[AsyncSession, Depends(write_session, scope="function")]
