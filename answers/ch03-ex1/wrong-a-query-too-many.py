# 4 statements for 8 orders; 3 are enough
# breaks: statements

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from lantern.theatre import Order, Show


async def show_detail(Session, show_id):
    loaded = selectinload(Show.orders).selectinload(Order.tickets)
    async with Session() as session:
        if await session.scalar(select(Show.id).where(Show.id == show_id)) is None:
            return None
        return await session.get(Show, show_id, options=[loaded])
