# was still out
# breaks: returned
# never told: whose commit failed

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession


async def write_session(request: Request) -> AsyncIterator[AsyncSession]:
    session = request.app.state.write()
    try:
        yield session
        await session.commit()
    except SQLAlchemyError:
        await session.rollback()
        raise


WriteSession = Annotated[AsyncSession, Depends(write_session, scope="function")]
