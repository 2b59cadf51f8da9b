# an outer join that fills both collections

from sqlalchemy import select
from sqlalchemy.orm import contains_eager

from lantern.theatre import Order, Show


async def show_detail(Session, show_id):
    statement = (
        select(Show)
        .outerjoin(Show.orders)
        .outerjoin(Order.tickets)
        .where(Show.id == show_id)
        .options(contains_eager(Show.orders).contains_eager(Order.tickets))
    )
    async with Session() as session:
        return (await session.scalars(statement)).unique().one_or_none()
