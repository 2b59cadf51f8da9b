# Does who came later wait for a place that was never given back
# breaks: freed

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import Depends, FastAPI, Request
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from lantern.theatre import Guest, Show


@asynccontextmanager
async def house(app: FastAPI) -> AsyncIterator[None]:
    app.state.five = asyncio.Semaphore(5)
    yield


async def read_session(request: Request) -> AsyncIterator[AsyncSession]:
    await request.app.state.five.acquire()
    async with request.app.state.read() as session:
        yield session
    request.app.state.five.release()


def capped_app(engine: AsyncEngine) -> FastAPI:
    app = FastAPI(lifespan=house)
    app.state.read = async_sessionmaker(engine)
    Db = Annotated[AsyncSession, Depends(read_session, scope="function")]

    @app.get("/shows/{show_id}")
    async def title(show_id: int, db: Db) -> str | None:
        return await db.scalar(select(Show.title).where(Show.id == show_id))

    @app.get("/guests/{guest_id}")
    async def email(guest_id: int, db: Db) -> str | None:
        return await db.scalar(select(Guest.email).where(Guest.id == guest_id))

    return app
