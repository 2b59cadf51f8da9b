# Is something kept from call to call
# breaks: whole

from sqlalchemy.orm import selectinload

from lantern.theatre import Order, Show

known = {}


async def show_detail(Session, show_id):
    if show_id not in known:
        loaded = selectinload(Show.orders).selectinload(Order.tickets)
        async with Session() as session:
            known[show_id] = await session.get(Show, show_id, options=[loaded])
    return known[show_id]
