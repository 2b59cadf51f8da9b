# The reader hung up
# breaks: back

import asyncio

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
        asked = select(Order).where(Order.show_id == show_id).execution_options(yield_per=100)
        queue = asyncio.Queue(100)

        async def read():
            async with request.app.state.read() as session:
                async for order in await session.stream_scalars(asked):
                    await queue.put(OrderLine.model_validate(order, from_attributes=True))
            await queue.put(None)

        reading = asyncio.create_task(read())

        async def lines():
            while line := await queue.get():
                yield line.model_dump_json() + "\n"
            await reading

        return StreamingResponse(lines())
