# The reader hung up
# breaks: back

from fastapi import Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel
from sqlalchemy import select

from lantern.theatre import Order


class OrderLine(BaseModel):
    id: int
    guest_id: int
    total_cents: int


def add_export(app):
    @app.get("/shows/{show_id}/orders")
    async def export(show_id: int, request: Request):
        session = request.app.state.read()
        asked = select(Order).where(Order.show_id == show_id).execution_options(yield_per=500)

        async def lines():
            async for order in await session.stream_scalars(asked):
                line = OrderLine.model_validate(order, from_attributes=True)
                yield line.model_dump_json() + "\n"
            await session.close()

        return StreamingResponse(lines())
