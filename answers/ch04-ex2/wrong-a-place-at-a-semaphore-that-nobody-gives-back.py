# those who left had taken something with them
# breaks: ten
# never told: nothing moved

import asyncio
from collections.abc import AsyncIterable

from fastapi import FastAPI, Request
from pydantic import BaseModel
from sqlalchemy import select

from lantern.theatre import Order


class OrderLine(BaseModel):
    id: int
    guest_id: int
    total_cents: int


def add_export(app: FastAPI) -> None:
    five_at_once = asyncio.Semaphore(5)

    @app.get("/shows/{show_id}/orders")
    async def export(show_id: int, request: Request) -> AsyncIterable[OrderLine]:
        columns = select(Order.id, Order.guest_id, Order.total_cents)
        portion = columns.where(Order.show_id == show_id).order_by(Order.id).limit(500)
        last_id = 0
        async with five_at_once:
            while True:
                async with request.app.state.read() as session:
                    rows = (await session.execute(portion.where(Order.id > last_id))).all()
                if not rows:
                    return
                for row in rows:
                    yield OrderLine(**row._mapping)
                last_id = rows[-1].id
