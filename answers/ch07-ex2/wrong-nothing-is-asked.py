# No app was asked for an order
# breaks: fixed, late, never, other, house

from sqlalchemy import select

from lantern import lifespan
from lantern.theatre import Order


async def stored_when_it_is_said(app):
    async with lifespan(app), app.state.session() as session:
        assert await session.scalar(select(Order.id).where(Order.key == "mine")) is None
