# After 24 requests 5 connections were still out
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
    app.state.sessions = asyncio.Queue()
    sessions = [app.state.read() for _ in range(5)]
    for session in sessions:
        app.state.sessions.put_nowait(session)
    yield
    for session in sessions:
        await session.close()


async def read_session(request: Request) -> AsyncIterator[AsyncSession]:
    session = await request.app.state.sessions.get()
    try:
        yield session
    finally:
        request.app.state.sessions.put_nowait(session)


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
