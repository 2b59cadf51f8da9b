# tasks were still at work
# breaks: returned
# never told: not given back

import asyncio

from sqlalchemy import func, select

from lantern.theatre import Order, Ticket


def tickets_of(show_id):
    return select(func.count(Ticket.id)).join(Order).where(Order.show_id == show_id)


async def dashboard(Session, show_ids):
    async def one(show_id):
        async with Session.begin() as session:
            return show_id, await session.scalar(tickets_of(show_id))

    counts = []
    for start in range(0, len(show_ids), 5):
        counts += await asyncio.gather(*map(one, show_ids[start : start + 5]))
    return dict(counts)
