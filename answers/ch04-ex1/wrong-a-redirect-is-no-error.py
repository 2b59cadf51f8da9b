# The endpoint raised HTTPException(303), a redirect, after its INSERT
# breaks: undone

from typing import Annotated

from fastapi import Depends, HTTPException, Request
from sqlalchemy.ext.asyncio import AsyncSession


async def write_session(request: Request):
    async with request.app.state.write() as session:
        try:
            try:
                yield session
            except HTTPException as error:
                if error.status_code < 400:
                    await session.commit()
                raise
            await session.commit()
        except BaseException:
            await session.rollback()
            raise


WriteSession = Annotated[AsyncSession, Depends(write_session, scope="function")]
