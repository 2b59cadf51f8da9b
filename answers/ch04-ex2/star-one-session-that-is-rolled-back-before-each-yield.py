# no connection was in use

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
    @app.get("/shows/{show_id}/orders")
    async def export(show_id: int, request: Request) -> AsyncIterable[OrderLine]:
        columns = select(Order.id, Order.guest_id, Order.total_cents)
        portion = columns.where(Order.show_id == show_id).order_by(Order.id).limit(500)
        session, last_id = request.app.state.read(), 0
        while True:
            rows = (await session.execute(portion.where(Order.id > last_id))).all()
            await session.rollback()  # its connection goes back
            if not rows:
                return
            for row in rows:
                yield OrderLine(**row._mapping)
            last_id = rows[-1].id
