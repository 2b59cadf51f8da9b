# had 2 connections in use at once
# breaks: ten

from collections.abc import AsyncIterable, AsyncIterator
from typing import Annotated

from fastapi import Depends, HTTPException, Request
from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from lantern.theatre import Order, Show


class OrderLine(BaseModel):
    id: int
    guest_id: int
    total_cents: int


async def read_session(request: Request) -> AsyncIterator[AsyncSession]:
    async with request.app.state.read() as session:
        yield session


async def known_show(show_id: int, session: Annotated[AsyncSession, Depends(read_session)]):
    if await session.get(Show, show_id) is None:
        raise HTTPException(404)
    return show_id


def add_export(app):
    @app.get("/shows/{show_id}/orders")
    async def export(
        show: Annotated[int, Depends(known_show)], request: Request
    ) -> AsyncIterable[OrderLine]:
        portion = select(Order).where(Order.show_id == show).order_by(Order.id).limit(200)
        last = 0
        while True:
            async with request.app.state.read() as session:
                orders = (await session.scalars(portion.where(Order.id > last))).all()
            for order in orders:
                yield OrderLine.model_validate(order, from_attributes=True)
            if not orders:
                return
            last = orders[-1].id
