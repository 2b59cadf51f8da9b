# A joined collection repeats its parent in every row
# breaks: whole, statements, unknown, returned, elsewhere

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from lantern.theatre import Order, Show


async def show_detail(Session, show_id):
    both = joinedload(Show.orders).joinedload(Order.tickets)
    async with Session() as session:
        rows = await session.scalars(select(Show).where(Show.id == show_id).options(both))
        return rows.one_or_none()
