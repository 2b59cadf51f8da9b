# sessions in the endpoints, and a limiter of anyio

import anyio
from fastapi import FastAPI
from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker

from lantern.theatre import Guest, Show


def capped_app(engine: AsyncEngine) -> FastAPI:
    app, read, five = FastAPI(), async_sessionmaker(engine), anyio.CapacityLimiter(5)

    async def the_one(column: ColumnElement[str], condition: ColumnElement[bool]) -> str | None:
        async with five, read() as session:
            return await session.scalar(select(column).where(condition))

    @app.get("/shows/{show_id}")
    async def title(show_id: int) -> str | None:
        return await the_one(Show.title, Show.id == show_id)

    @app.get("/guests/{guest_id}")
    async def email(guest_id: int) -> str | None:
        return await the_one(Guest.email, Guest.id == guest_id)

    return app
