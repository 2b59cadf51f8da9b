# whose endpoint raised a LookupError 1 connection was still out
# breaks: returned

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, HTTPException, Request
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession


async def write_session(request: Request) -> AsyncIterator[AsyncSession]:
    session = request.app.state.write()
    try:
        yield session
        await session.commit()
    except (SQLAlchemyError, HTTPException):
        await session.rollback()
        raise


WriteSession = Annotated[AsyncSession, Depends(write_session, scope="function")]
