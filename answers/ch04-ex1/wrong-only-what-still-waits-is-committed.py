# whether or not anything still waits in the session, the transaction is committed
# breaks: before

from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncSession


async def write_session(request: Request):
    async with request.app.state.write() as session:
        try:
            yield session
            if session.new or session.dirty or session.deleted:
                await session.commit()
        except BaseException:
            await session.rollback()
            raise


WriteSession = Annotated[AsyncSession, Depends(write_session, scope="function")]
