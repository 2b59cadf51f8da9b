# A connection was still checked out
# breaks: returned

from sqlalchemy.orm import selectinload

from lantern.theatre import Order, Show


async def show_detail(Session, show_id):
    session = Session()
    loaded = selectinload(Show.orders).selectinload(Order.tickets)
    return await session.get(Show, show_id, options=[loaded])
