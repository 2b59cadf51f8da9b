# another pool than before, as after
# breaks: pool

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
    await app.state.engine.dispose()


async def read_session(request: Request) -> AsyncIterator[AsyncSession]:
    async with request.app.state.five, request.app.state.read() as session:
        yield session


def capped_app(engine: AsyncEngine) -> FastAPI:
    app = FastAPI(lifespan=house)
    app.state.engine, app.state.read = engine, async_sessionmaker(engine)
    Db = Annotated[AsyncSession, Depends(read_session, scope="function")]

    @app.get("/shows/{show_id}")
    async def title(show_id: int, db: Db) -> str | None:
        return await db.scalar(select(Show.title).where(Show.id == show_id))

    @app.get("/guests/{guest_id}")
    async def email(guest_id: int, db: Db) -> str | None:
        return await db.scalar(select(Guest.email).where(Guest.id == guest_id))

    return app
