# 12 tasks took turns: correct, but never more than one query
# breaks: together

import asyncio

from sqlalchemy import func, select

from lantern.theatre import Order, Ticket


def tickets_of(show_id):
    return select(func.count(Ticket.id)).join(Order).where(Order.show_id == show_id)


async def dashboard(Session, show_ids):
    lock = asyncio.Lock()
    async with Session() as session:

        async def one(show_id):
            async with lock:
                return await session.scalar(tickets_of(show_id))

        return dict(zip(show_ids, await asyncio.gather(*map(one, show_ids))))
