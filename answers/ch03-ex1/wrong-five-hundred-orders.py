# the caller found 500
# breaks: whole

from sqlalchemy.orm import selectinload
from sqlalchemy.orm.attributes import set_committed_value

from lantern.theatre import Order, Show


async def show_detail(Session, show_id):
    loaded = selectinload(Show.orders).selectinload(Order.tickets)
    async with Session() as session:
        show = await session.get(Show, show_id, options=[loaded])
    if show is not None:
        set_committed_value(show, "orders", show.orders[:500])
    return show
