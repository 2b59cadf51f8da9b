# has 500 orders; the caller found
# breaks: whole

from sqlalchemy.orm import selectinload
from sqlalchemy.orm.attributes import set_committed_value

from lantern.theatre import Order, Show


async def show_detail(Session, show_id):
    loaded = selectinload(Show.orders).selectinload(Order.tickets)
    async with Session() as session:
        show = await session.get(Show, show_id, options=[loaded])
    if show is not None:
        unlike = {(one.guest_id, one.total_cents, one.created): one for one in show.orders}
        set_committed_value(show, "orders", list(unlike.values()))
    return show
