# When a statement failed, a connection was still checked out
# breaks: returned

from sqlalchemy.orm import selectinload

from lantern.theatre import Order, Show


async def show_detail(Session, show_id):
    loaded = selectinload(Show.orders).selectinload(Order.tickets)
    session = Session()
    show = await session.get(Show, show_id, options=[loaded])
    await session.close()
    return show
