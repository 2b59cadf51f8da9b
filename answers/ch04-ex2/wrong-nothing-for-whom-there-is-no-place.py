# or not all of the lines
# breaks: lines

from collections.abc import AsyncIterable

from fastapi import FastAPI
from pydantic import BaseModel
from sqlalchemy import select

from lantern.theatre import Order


class OrderLine(BaseModel):
    id: int
    guest_id: int
    total_cents: int


busy: list[int] = []


def add_export(app: FastAPI) -> None:
    @app.get("/shows/{show_id}/orders")
    async def export(show_id: int) -> AsyncIterable[OrderLine]:
        last, columns = -1, select(Order.id, Order.guest_id, Order.total_cents)
        while not busy:
            busy.append(show_id)
            try:
                async with app.state.read() as session:
                    mine = columns.where(Order.show_id == show_id, Order.id > last)
                    statement = mine.order_by(Order.id).limit(500)
                    rows = (await session.execute(statement)).mappings().all()
            finally:
                busy.pop()
            if not rows:
                break
            for row in rows:
                yield OrderLine(**row)
            last = rows[-1]["id"]
