# in the table; the caller read
# breaks: whole
# never told: not loaded

from sqlalchemy import select
from sqlalchemy.orm.attributes import set_committed_value

from lantern.theatre import Order, Show, Ticket


async def show_detail(Session, show_id):
    async with Session() as session:
        show = await session.get(Show, show_id)
        if show is None:
            return None
        columns = select(Order.id, Order.show_id, Order.guest_id, Order.created, Order.total_cents)
        rows = (await session.execute(columns.where(Order.show_id == show_id))).all()
        names = ("id", "guest_id", "show_id", "created", "total_cents")
        orders = {row[0]: Order(**dict(zip(names, row)), key=None, tickets=[]) for row in rows}
        mine = select(Ticket).join(Order).where(Order.show_id == show_id)
        for ticket in await session.scalars(mine):
            orders[ticket.order_id].tickets.append(Ticket(id=ticket.id, seat_id=ticket.seat_id))
        set_committed_value(show, "orders", list(orders.values()))
        session.expunge_all()
        return show
