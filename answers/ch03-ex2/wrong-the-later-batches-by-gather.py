# the error came out while 4 tasks were still at work
# breaks: returned

import asyncio

from sqlalchemy import func, select

from lantern.theatre import Order, Ticket


def tickets_of(show_id):
    return select(func.count(Ticket.id)).join(Order).where(Order.show_id == show_id)


async def dashboard(Session, show_ids):
    async def one(show_id):
        async with Session() as session:
            return await session.scalar(tickets_of(show_id))

    async with asyncio.TaskGroup() as group:
        tasks = {show_id: group.create_task(one(show_id)) for show_id in show_ids[:5]}
    counts = {show_id: task.result() for show_id, task in tasks.items()}
    for start in range(5, len(show_ids), 5):
        batch = show_ids[start : start + 5]
        counts |= dict(zip(batch, await asyncio.gather(*map(one, batch))))
    return counts
