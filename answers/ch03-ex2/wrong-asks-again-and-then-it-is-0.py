# returned all the same, without the right numbers
# breaks: counts

import asyncio

from sqlalchemy import func, select

from lantern.theatre import Order, Ticket


def tickets_of(show_id):
    return select(func.count(Ticket.id)).join(Order).where(Order.show_id == show_id)


async def dashboard(Session, show_ids):
    gate = asyncio.Semaphore(5)

    async def one(show_id):
        for _ in range(3):
            try:
                async with gate, Session() as session:
                    return await session.scalar(tickets_of(show_id))
            except Exception:
                await asyncio.sleep(0)
        return 0

    async with asyncio.TaskGroup() as group:
        tasks = {show_id: group.create_task(one(show_id)) for show_id in set(show_ids)}
    return {show_id: task.result() for show_id, task in tasks.items()}
