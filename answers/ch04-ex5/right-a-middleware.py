# a middleware that lets five requests in

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, FastAPI, Request
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from lantern.theatre import Guest, Show


async def read_session(request: Request) -> AsyncIterator[AsyncSession]:
    async with request.app.state.read() as session:
        yield session


class FiveAtOnce:
    def __init__(self, app):
        self.app = app
        self.five = None

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        loop = asyncio.get_running_loop()
        if self.five is None or self.five[0] is not loop:
            self.five = loop, asyncio.Semaphore(5)
        async with self.five[1]:
            await self.app(scope, receive, send)


def capped_app(engine: AsyncEngine) -> FastAPI:
    app = FastAPI()
    app.add_middleware(FiveAtOnce)
    app.state.read = async_sessionmaker(engine)
    Db = Annotated[AsyncSession, Depends(read_session, scope="function")]

    @app.get("/shows/{show_id}")
    async def title(show_id: int, db: Db) -> str | None:
        return await db.scalar(select(Show.title).where(Show.id == show_id))

    @app.get("/guests/{guest_id}")
    async def email(guest_id: int, db: Db) -> str | None:
        return await db.scalar(select(Guest.email).where(Guest.id == guest_id))

    return app
