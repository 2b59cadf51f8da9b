# a queue, and five tasks with one session each

import asyncio

from sqlalchemy import func, select

from lantern.theatre import Order, Ticket


def tickets_of(show_id):
    return select(func.count(Ticket.id)).join(Order).where(Order.show_id == show_id)


async def dashboard(Session, show_ids):
    queue, counts = asyncio.Queue(), {}
    for show_id in show_ids:
        queue.put_nowait(show_id)

    async def work():
        async with Session() as session:
            while not queue.empty():
                show_id = queue.get_nowait()
                counts[show_id] = await session.scalar(tickets_of(show_id))

    async with asyncio.TaskGroup() as group:
        for _ in range(5):
            group.create_task(work())
    return counts
