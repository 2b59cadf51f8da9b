# orders; the caller found
# breaks: whole

from sqlalchemy.orm import selectinload

from lantern.theatre import Order, Show


async def show_detail(Session, show_id):
    paid = Show.orders.and_(Order.total_cents > 0)
    async with Session() as session:
        options = [selectinload(paid).selectinload(Order.tickets)]
        return await session.get(Show, show_id, options=options)
