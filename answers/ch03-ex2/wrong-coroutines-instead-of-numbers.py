# gives a coroutine that nobody awaited for show
# breaks: counts

from sqlalchemy import func, select

from lantern.theatre import Order, Ticket


def tickets_of(show_id):
    return select(func.count(Ticket.id)).join(Order).where(Order.show_id == show_id)


async def dashboard(Session, show_ids):
    async with Session() as session:
        return {show_id: session.scalar(tickets_of(show_id)) for show_id in show_ids}
