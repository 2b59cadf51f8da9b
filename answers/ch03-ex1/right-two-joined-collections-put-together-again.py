# two joined collections, put together again

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from lantern.theatre import Order, Show


async def show_detail(Session, show_id):
    both = joinedload(Show.orders).joinedload(Order.tickets)
    async with Session() as session:
        rows = await session.scalars(select(Show).where(Show.id == show_id).options(both))
        return rows.unique().one_or_none()
