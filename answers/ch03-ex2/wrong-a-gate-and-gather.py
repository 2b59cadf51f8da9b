# tasks were still at work
# breaks: returned
# never told: not given back

import asyncio

from sqlalchemy import func, select

from lantern.theatre import Order, Ticket


def tickets_of(show_id):
    return select(func.count(Ticket.id)).join(Order).where(Order.show_id == show_id)


async def dashboard(Session, show_ids):
    gate = asyncio.Semaphore(5)

    async def one(show_id):
        async with gate, Session() as session:
            return await session.scalar(tickets_of(show_id))

    return dict(zip(show_ids, await asyncio.gather(*map(one, show_ids))))
