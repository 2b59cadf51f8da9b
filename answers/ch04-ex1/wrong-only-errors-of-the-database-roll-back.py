# a LookupError after its INSERT
# breaks: undone

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, HTTPException, Request
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession


async def write_session(request: Request) -> AsyncIterator[AsyncSession]:
    async with request.app.state.write() as session:
        try:
            yield session
        except (SQLAlchemyError, HTTPException):
            await session.rollback()
            raise
        except Exception:
            await session.commit()
            raise
        try:
            await session.commit()
        except SQLAlchemyError:
            await session.rollback()
            raise


WriteSession = Annotated[AsyncSession, Depends(write_session, scope="function")]
