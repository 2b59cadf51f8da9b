# looks the show up first, in a dependency of function scope

from collections.abc import AsyncIterable
from typing import Annotated

from fastapi import Depends, HTTPException, Request
from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from lantern.theatre import Order, Show


class OrderLine(BaseModel):
    id: int
    guest_id: int
    total_cents: int


async def read_session(request: Request):
    async with request.app.state.read() as session:
        yield session


ShortSession = Annotated[AsyncSession, Depends(read_session, scope="function")]
LongSession = Annotated[AsyncSession, Depends(read_session)]


async def known_show(show_id: int, session: ShortSession):
    if await session.get(Show, show_id) is None:
        raise HTTPException(404)
    await session.rollback()
    return show_id


def add_export(app):
    @app.get("/shows/{show_id}/orders")
    async def export(
        show: Annotated[int, Depends(known_show)], session: LongSession
    ) -> AsyncIterable[OrderLine]:
        asked = select(Order).where(Order.show_id == show).execution_options(yield_per=500)
        async for order in await session.stream_scalars(asked):
            yield OrderLine(id=order.id, guest_id=order.guest_id, total_cents=order.total_cents)
