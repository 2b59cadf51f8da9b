# whatever a COMMIT fails with, a rollback follows
# breaks: locked
# never told: database is locked

from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncSession


async def write_session(request: Request):
    async with request.app.state.write() as session:
        yield session
        try:
            await session.commit()
        except OperationalError:
            await session.rollback()
            raise


WriteSession = Annotated[AsyncSession, Depends(write_session, scope="function")]
