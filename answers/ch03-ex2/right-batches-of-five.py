# batches of five, each awaited before the next

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
        batch = [asyncio.create_task(one(show_id)) for show_id in show_ids[start : start + 5]]
        await asyncio.wait(batch)
        counts += [task.result() for task in batch]
    return dict(counts)
