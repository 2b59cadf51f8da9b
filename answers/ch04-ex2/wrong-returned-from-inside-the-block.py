# closes it before the first line is sent
# breaks: lines, rows, back, ten

from fastapi import Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel
from sqlalchemy import select

from lantern.theatre import Order


class OrderLine(BaseModel):
    id: int
    guest_id: int
    total_cents: int


async def lines(session, show_id):
    asked = select(Order).where(Order.show_id == show_id).execution_options(yield_per=500)
    async for order in await session.stream_scalars(asked):
        yield OrderLine.model_validate(order, from_attributes=True).model_dump_json() + "\n"


def add_export(app):
    @app.get("/shows/{show_id}/orders")
    async def export(show_id: int, request: Request):
        async with request.app.state.read() as session:
            return StreamingResponse(lines(session, show_id))
