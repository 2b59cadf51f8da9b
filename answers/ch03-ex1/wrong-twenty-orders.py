# orders; the caller found 20.
# breaks: whole
# never told: inner join
# never told: not loaded

from sqlalchemy import select
from sqlalchemy.orm import selectinload
from sqlalchemy.orm.attributes import set_committed_value

from lantern.theatre import Order, Show


async def show_detail(Session, show_id):
    async with Session() as session:
        show = await session.get(Show, show_id)
        if show is None:
            return None
        first = select(Order).where(Order.show_id == show_id).limit(20)
        orders = (await session.scalars(first.options(selectinload(Order.tickets)))).all()
        set_committed_value(show, "orders", orders)
        return show
