# this transaction was committed
# breaks: undone
# never told: LookupError after its INSERT

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, HTTPException, Request
from sqlalchemy.ext.asyncio import AsyncSession


async def write_session(request: Request) -> AsyncIterator[AsyncSession]:
    async with request.app.state.write.begin() as session:
        try:
            yield session
        except HTTPException:
            await session.commit()
            raise


WriteSession = Annotated[AsyncSession, Depends(write_session, scope="function")]
