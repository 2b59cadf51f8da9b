# closed by nobody until the garbage collector finds it
# breaks: back

from collections.abc import AsyncIterable

from fastapi import Request
from pydantic import BaseModel
from sqlalchemy import select

from lantern.theatre import Order


class OrderLine(BaseModel):
    id: int
    guest_id: int
    total_cents: int


def add_export(app):
    @app.get("/shows/{show_id}/orders")
    async def export(show_id: int, request: Request) -> AsyncIterable[OrderLine]:
        asked = select(Order).where(Order.show_id == show_id).execution_options(yield_per=500)
        async with request.app.state.read() as session:
            async for order in await session.stream_scalars(asked):
                yield OrderLine.model_validate(order, from_attributes=True)
