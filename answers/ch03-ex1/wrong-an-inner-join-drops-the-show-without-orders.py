# the show is due, with an empty list, and None was returned
# breaks: whole
# never told: not loaded

from sqlalchemy import select
from sqlalchemy.orm import contains_eager

from lantern.theatre import Order, Show


async def show_detail(Session, show_id):
    statement = (
        select(Show)
        .join(Show.orders)
        .where(Show.id == show_id)
        .options(contains_eager(Show.orders).selectinload(Order.tickets))
    )
    async with Session() as session:
        return (await session.scalars(statement)).unique().one_or_none()
