# counts those of others
# breaks: full

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


class Gate:
    def __init__(self, app, pool):
        self.app = app
        self.pool = pool
        self.loop = None

    def has_room(self):
        return self.inside < 5 and self.pool.checkedout() < 5

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if self.loop is not asyncio.get_running_loop():
            self.loop, self.changed, self.inside = (
                asyncio.get_running_loop(),
                asyncio.Condition(),
                0,
            )
        async with self.changed:
            await self.changed.wait_for(self.has_room)
            self.inside += 1
        try:
            await self.app(scope, receive, send)
        finally:
            async with self.changed:
                self.inside -= 1
                self.changed.notify_all()


def capped_app(engine: AsyncEngine) -> FastAPI:
    app = FastAPI()
    app.add_middleware(Gate, pool=engine.sync_engine.pool)
    app.state.read = async_sessionmaker(engine)
    Db = Annotated[AsyncSession, Depends(read_session, scope="function")]

    @app.get("/shows/{show_id}")
    async def title(show_id: int, db: Db) -> str | None:
        return await db.scalar(select(Show.title).where(Show.id == show_id))

    @app.get("/guests/{guest_id}")
    async def email(guest_id: int, db: Db) -> str | None:
        return await db.scalar(select(Guest.email).where(Guest.id == guest_id))

    return app
