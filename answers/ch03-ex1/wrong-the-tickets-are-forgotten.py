# The caller touched order.tickets
# breaks: whole, statements

from sqlalchemy.orm import selectinload

from lantern.theatre import Show


async def show_detail(Session, show_id):
    async with Session() as session:
        return await session.get(Show, show_id, options=[selectinload(Show.orders)])
