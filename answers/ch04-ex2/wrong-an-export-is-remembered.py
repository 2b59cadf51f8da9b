# corrected in the database
# breaks: lines
# never told: served

from collections.abc import AsyncIterable

from fastapi import FastAPI
from pydantic import BaseModel
from sqlalchemy import select

from lantern.theatre import Order


class OrderLine(BaseModel):
    id: int
    guest_id: int
    total_cents: int


known: dict[int, list[OrderLine]] = {}


def add_export(app: FastAPI) -> None:
    @app.get("/shows/{show_id}/orders")
    async def export(show_id: int) -> AsyncIterable[OrderLine]:
        if show_id in known:
            for line in known[show_id]:
                yield line
            return
        lines: list[OrderLine] = []
        last = -1
        columns = select(Order.id, Order.guest_id, Order.total_cents).order_by(Order.id).limit(500)
        while True:
            async with app.state.read() as session:
                mine = columns.where(Order.show_id == show_id, Order.id > last)
                rows = (await session.execute(mine)).mappings().all()
            if not rows:
                break
            for row in rows:
                lines.append(OrderLine(**row))
                yield lines[-1]
            last = rows[-1]["id"]
        known[show_id] = lines
