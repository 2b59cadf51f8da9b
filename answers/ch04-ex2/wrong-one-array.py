# that is an array
# breaks: lines, rows

import json
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, Request
from fastapi.responses import StreamingResponse
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from lantern.theatre import Order


async def read_session(request: Request) -> AsyncIterator[AsyncSession]:
    async with request.app.state.read() as session:
        yield session


def add_export(app):
    @app.get("/shows/{show_id}/orders")
    async def export(show_id: int, session: Annotated[AsyncSession, Depends(read_session)]):
        columns = select(Order.id, Order.guest_id, Order.total_cents)
        rows = await session.execute(columns.where(Order.show_id == show_id))
        return StreamingResponse([json.dumps([dict(row) for row in rows.mappings()])])
