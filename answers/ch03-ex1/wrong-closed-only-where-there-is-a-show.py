# , which does not exist
# breaks: returned

from sqlalchemy.orm import selectinload

from lantern.theatre import Order, Show


async def show_detail(Session, show_id):
    session = Session()
    show = await session.get(
        Show, show_id, options=[selectinload(Show.orders).selectinload(Order.tickets)]
    )
    if show is None:
        return None
    await session.close()
    return show
