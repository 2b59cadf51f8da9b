# is no order of show
# breaks: whole, statements
# never told: not loaded

from sqlalchemy import select
from sqlalchemy.orm import selectinload
from sqlalchemy.orm.attributes import set_committed_value

from lantern.theatre import Order, Show


async def show_detail(Session, show_id):
    async with Session() as session:
        show = await session.get(Show, show_id)
        if show is not None:
            orders = await session.scalars(select(Order).options(selectinload(Order.tickets)))
            set_committed_value(show, "orders", orders.all())
        return show
