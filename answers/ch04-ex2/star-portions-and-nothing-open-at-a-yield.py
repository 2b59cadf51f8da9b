# no connection was in use

from collections.abc import AsyncIterable

from fastapi import Request
from pydantic import BaseModel
from sqlalchemy import select

from lantern.theatre import Order


class OrderLine(BaseModel):
    id: int
    guest_id: int
    total_cents: int


def add_export(app):
    @app.get("/shows/{show_id}/orders")
    async def export(show_id: int, request: Request) -> AsyncIterable[OrderLine]:
        portion = select(Order).where(Order.show_id == show_id).order_by(Order.id).limit(200)
        last = 0
        while True:
            async with request.app.state.read() as session:
                orders = (await session.scalars(portion.where(Order.id > last))).all()
            for order in orders:
                yield OrderLine.model_validate(order, from_attributes=True)
            if not orders:
                return
            last = orders[-1].id
