# One show after the other: 23 queries
# breaks: together
# never told: took turns

from sqlalchemy import func, select

from lantern.theatre import Order, Ticket


def tickets_of(show_id):
    return select(func.count(Ticket.id)).join(Order).where(Order.show_id == show_id)


async def dashboard(Session, show_ids):
    counts = {}
    for show_id in show_ids:
        async with Session() as session:
            counts[show_id] = await session.scalar(tickets_of(show_id))
    return counts
