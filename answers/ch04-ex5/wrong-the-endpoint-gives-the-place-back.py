# where a number is due, not all were answered
# breaks: freed

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import Depends, FastAPI, Request
from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker

from lantern.theatre import Guest, Show


@asynccontextmanager
async def house(app: FastAPI) -> AsyncIterator[None]:
    app.state.five = asyncio.Semaphore(5)
    yield


async def place(request: Request) -> None:
    await request.app.state.five.acquire()


def capped_app(engine: AsyncEngine) -> FastAPI:
    app, read = FastAPI(lifespan=house), async_sessionmaker(engine)

    async def the_one(query: Select[tuple[str]]) -> str | None:
        try:
            async with read() as session:
                return await session.scalar(query)
        finally:
            app.state.five.release()

    @app.get("/shows/{show_id}", dependencies=[Depends(place)])
    async def title(show_id: int) -> str | None:
        return await the_one(select(Show.title).where(Show.id == show_id))

    @app.get("/guests/{guest_id}", dependencies=[Depends(place)])
    async def email(guest_id: int) -> str | None:
        return await the_one(select(Guest.email).where(Guest.id == guest_id))

    return app
