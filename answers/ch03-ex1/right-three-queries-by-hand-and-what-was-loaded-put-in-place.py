# three queries by hand, and what was loaded put in place

from sqlalchemy import select
from sqlalchemy.orm.attributes import set_committed_value

from lantern.theatre import Order, Show, Ticket


async def show_detail(Session, show_id):
    async with Session.begin() as session:
        show = await session.get(Show, show_id)
        if show is None:
            return None
        orders = (await session.scalars(select(Order).where(Order.show_id == show_id))).all()
        tickets = (
            await session.scalars(select(Ticket).join(Order).where(Order.show_id == show_id))
        ).all()
        set_committed_value(show, "orders", orders)
        for order in orders:
            mine = [ticket for ticket in tickets if ticket.order_id == order.id]
            set_committed_value(order, "tickets", mine)
        return show
