# is bound to a different event loop
# breaks: again

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, FastAPI, Request
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from lantern.theatre import Guest, Show

places: asyncio.Queue[int] = asyncio.Queue()
for number in range(5):
    places.put_nowait(number)


async def read_session(request: Request) -> AsyncIterator[AsyncSession]:
    place = await places.get()
    try:
        async with request.app.state.read() as session:
            yield session
    finally:
        places.put_nowait(place)


def capped_app(engine: AsyncEngine) -> FastAPI:
    app = FastAPI()
    app.state.read = async_sessionmaker(engine)
    Db = Annotated[AsyncSession, Depends(read_session, scope="function")]

    @app.get("/shows/{show_id}")
    async def title(show_id: int, db: Db) -> str | None:
        return await db.scalar(select(Show.title).where(Show.id == show_id))

    @app.get("/guests/{guest_id}")
    async def email(guest_id: int, db: Db) -> str | None:
        return await db.scalar(select(Guest.email).where(Guest.id == guest_id))

    return app
