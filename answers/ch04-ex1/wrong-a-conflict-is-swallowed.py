# and did not raise it again
# breaks: told

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession


async def write_session(request: Request) -> AsyncIterator[AsyncSession]:
    async with request.app.state.write() as session:
        try:
            yield session
            await session.commit()
        except IntegrityError:
            await session.rollback()
        except BaseException:
            await session.rollback()
            raise


WriteSession = Annotated[AsyncSession, Depends(write_session, scope="function")]
