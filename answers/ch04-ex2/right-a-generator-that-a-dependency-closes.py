# a session in the generator, and a dependency that closes the generator

import json
from contextlib import aclosing
from typing import Annotated

from fastapi import Depends, Request
from fastapi.responses import StreamingResponse
from sqlalchemy import select

from lantern.theatre import Order


async def lines(read, show_id):
    columns = select(Order.id, Order.guest_id, Order.total_cents)
    asked = columns.where(Order.show_id == show_id).execution_options(yield_per=250)
    async with read() as session:
        async for row in (await session.stream(asked)).mappings():
            yield json.dumps(dict(row)) + "\n"


async def export_of(show_id: int, request: Request):
    async with aclosing(lines(request.app.state.read, show_id)) as generator:
        yield generator


def add_export(app):
    @app.get("/shows/{show_id}/orders")
    async def export(generator: Annotated[object, Depends(export_of)]):
        return StreamingResponse(generator)
