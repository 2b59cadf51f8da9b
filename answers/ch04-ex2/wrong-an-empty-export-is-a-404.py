# its export is a 200 and no line
# breaks: lines

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, HTTPException, Request
from fastapi.responses import StreamingResponse
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


async def lines(first, result):
    yield OrderLine.model_validate(first, from_attributes=True).model_dump_json() + "\n"
    async for order in result:
        yield OrderLine.model_validate(order, from_attributes=True).model_dump_json() + "\n"


def add_export(app):
    @app.get("/shows/{show_id}/orders")
    async def export(show_id: int, session: Annotated[AsyncSession, Depends(read_session)]):
        asked = select(Order).where(Order.show_id == show_id).execution_options(yield_per=100)
        result = await session.stream_scalars(asked)
        async for first in result:
            return StreamingResponse(lines(first, result))
        raise HTTPException(404)
