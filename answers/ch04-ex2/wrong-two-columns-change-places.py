# no order has these values
# breaks: lines

from collections.abc import AsyncIterable, AsyncIterator
from typing import Annotated

from fastapi import Depends, Request
from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from lantern.theatre import Order


class OrderLine(BaseModel):
    id: int
    guest_id: int
    total_cents: int


async def read_session(request: Request) -> AsyncIterator[AsyncSession]:
    async with request.app.state.read() as session:
        yield session


def add_export(app):
    @app.get("/shows/{show_id}/orders")
    async def export(
        show_id: int, session: Annotated[AsyncSession, Depends(read_session)]
    ) -> AsyncIterable[OrderLine]:
        asked = select(Order.id, Order.total_cents, Order.guest_id).where(Order.show_id == show_id)
        async for row in await session.stream(asked.execution_options(yield_per=500)):
            yield OrderLine(id=row[0], guest_id=row[1], total_cents=row[2])
