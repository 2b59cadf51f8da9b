# It was expired before that: a rollback does this
# breaks: whole, statements
# never told: not loaded
# never told: never loaded

from sqlalchemy.orm import selectinload

from lantern.theatre import Order, Show


async def show_detail(Session, show_id):
    async with Session() as session:
        show = await session.get(
            Show, show_id, options=[selectinload(Show.orders).selectinload(Order.tickets)]
        )
        await session.rollback()
        return show
