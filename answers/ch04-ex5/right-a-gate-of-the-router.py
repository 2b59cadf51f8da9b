# a gate of its own for the whole router, with the default scope outside

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI, Request
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from lantern.theatre import Guest, Show


async def read_session(request: Request) -> AsyncIterator[AsyncSession]:
    async with request.app.state.read() as session:
        yield session


async def gate() -> AsyncIterator[None]:
    yield


def capped_app(engine: AsyncEngine) -> FastAPI:
    app, router = FastAPI(), APIRouter(dependencies=[Depends(gate, max_concurrency=5)])
    app.state.read = async_sessionmaker(engine)
    Db = Annotated[AsyncSession, Depends(read_session)]

    @router.get("/shows/{show_id}")
    async def title(show_id: int, db: Db) -> str | None:
        return (await db.get_one(Show, show_id)).title

    @router.get("/guests/{guest_id}")
    async def email(guest_id: int, db: Db) -> str | None:
        return (await db.get_one(Guest, guest_id)).email

    app.include_router(router)
    return app
