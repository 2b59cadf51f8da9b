# ; 3 are enough: one for each table
# breaks: statements
# never told: for every order

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from lantern.theatre import Order, Show


async def show_detail(Session, show_id):
    loaded = selectinload(Show.orders).selectinload(Order.tickets)
    async with Session() as session:
        if await session.scalar(select(Show.id).where(Show.id == show_id)) is None:
            return None
        return await session.get(Show, show_id, options=[loaded])
