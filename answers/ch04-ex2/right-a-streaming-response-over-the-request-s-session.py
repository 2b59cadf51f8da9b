# StreamingResponse, objects in portions, lines joined by hundreds

import json
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, Request
from fastapi.responses import StreamingResponse
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from lantern.theatre import Order


async def read_session(request: Request) -> AsyncIterator[AsyncSession]:
    session = request.app.state.read()
    try:
        yield session
    finally:
        await session.close()


async def lines(session, show_id):
    orders = select(Order).where(Order.show_id == show_id).execution_options(yield_per=100)
    result = await session.stream_scalars(orders)
    async for some in result.partitions():
        yield "".join(
            json.dumps({"total_cents": o.total_cents, "id": o.id, "guest_id": o.guest_id}) + "\n"
            for o in some
        )


def add_export(app):
    @app.get("/shows/{show_id}/orders")
    async def export(show_id: int, session: Annotated[AsyncSession, Depends(read_session)]):
        return StreamingResponse(lines(session, show_id), media_type="application/jsonl")
