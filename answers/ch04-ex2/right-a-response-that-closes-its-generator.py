# a response that closes its generator, whatever ended it

import json

from fastapi import Request
from fastapi.responses import StreamingResponse
from sqlalchemy import select

from lantern.theatre import Order


class ClosingResponse(StreamingResponse):
    async def __call__(self, scope, receive, send):
        try:
            await super().__call__(scope, receive, send)
        finally:
            await self.body_iterator.aclose()


async def lines(read, show_id):
    asked = select(Order).where(Order.show_id == show_id).execution_options(yield_per=100)
    async with read() as session:
        async for order in await session.stream_scalars(asked):
            line = {"id": order.id, "guest_id": order.guest_id, "total_cents": order.total_cents}
            yield json.dumps(line) + "\n"


def add_export(app):
    @app.get("/shows/{show_id}/orders")
    async def export(show_id: int, request: Request):
        return ClosingResponse(lines(request.app.state.read, show_id))
