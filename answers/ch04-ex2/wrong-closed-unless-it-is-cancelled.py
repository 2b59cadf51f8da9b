# a CancelledError is no Exception
# breaks: back

from collections.abc import AsyncIterable
from typing import Annotated

from fastapi import Depends, Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from lantern.theatre import Order


class OrderLine(BaseModel):
    id: int
    guest_id: int
    total_cents: int


async def read_session(request: Request):
    session = request.app.state.read()
    try:
        yield session
    except Exception:
        await session.close()
        raise
    else:
        await session.close()


def add_export(app):
    @app.get("/shows/{show_id}/orders")
    async def export(
        show_id: int, session: Annotated[AsyncSession, Depends(read_session)]
    ) -> AsyncIterable[OrderLine]:
        asked = select(Order).where(Order.show_id == show_id).execution_options(yield_per=500)
        async for order in await session.stream_scalars(asked):
            yield OrderLine.model_validate(order, from_attributes=True)
