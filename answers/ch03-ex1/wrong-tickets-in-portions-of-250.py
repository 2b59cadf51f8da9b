# 4 statements for 500 orders
# breaks: statements

from sqlalchemy import select
from sqlalchemy.orm import selectinload
from sqlalchemy.orm.attributes import set_committed_value

from lantern.theatre import Show, Ticket


async def show_detail(Session, show_id):
    async with Session() as session:
        show = await session.get(Show, show_id, options=[selectinload(Show.orders)])
        if show is None:
            return None
        tickets = {order.id: [] for order in show.orders}
        ids = list(tickets)
        for start in range(0, len(ids), 250):
            portion = Ticket.order_id.in_(ids[start : start + 250])
            for ticket in await session.scalars(select(Ticket).where(portion)):
                tickets[ticket.order_id].append(ticket)
    for order in show.orders:
        set_committed_value(order, "tickets", tickets[order.id])
    return show
