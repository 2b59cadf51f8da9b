# tickets; the caller found
# breaks: whole
# never told: inner join
# never told: not loaded

from sqlalchemy import select
from sqlalchemy.orm import selectinload
from sqlalchemy.orm.attributes import set_committed_value

from lantern.theatre import Order, Show, Ticket


async def show_detail(Session, show_id):
    async with Session() as session:
        show = await session.get(Show, show_id, options=[selectinload(Show.orders)])
        if show is None:
            return None
        mine = select(Ticket).join(Order).where(Order.show_id == show_id).order_by(Ticket.id)
        tickets = (await session.scalars(mine)).all()
        for order, ticket in zip(show.orders, tickets):
            set_committed_value(order, "tickets", [ticket])
        for order in show.orders[len(tickets) :]:
            set_committed_value(order, "tickets", [])
        return show
