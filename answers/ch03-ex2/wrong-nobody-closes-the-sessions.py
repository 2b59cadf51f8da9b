# not given back to the pool
# breaks: returned
# never told: When queries failed

import asyncio

from sqlalchemy import func, select

from lantern.theatre import Order, Ticket


def tickets_of(show_id):
    return select(func.count(Ticket.id)).join(Order).where(Order.show_id == show_id)


async def dashboard(Session, show_ids):
    gate = asyncio.Semaphore(5)
    open_sessions = [Session() for _ in range(5)]
    free = list(open_sessions)

    async def one(show_id):
        async with gate:
            session = free.pop()
            try:
                return await session.scalar(tickets_of(show_id))
            finally:
                free.append(session)

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one(show_id)) for show_id in show_ids]
    return {show_id: task.result() for show_id, task in zip(show_ids, tasks)}
