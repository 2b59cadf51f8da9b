# not given back to the pool: what closes a session has to run
# breaks: returned

import asyncio

from sqlalchemy import func, select

from lantern.theatre import Order, Ticket


def tickets_of(show_id):
    return select(func.count(Ticket.id)).join(Order).where(Order.show_id == show_id)


async def dashboard(Session, show_ids):
    gate = asyncio.Semaphore(5)

    async def one(show_id):
        async with gate:
            session = Session()
            count = await session.scalar(tickets_of(show_id))
            await session.close()
            return count

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one(show_id)) for show_id in show_ids]
    return {show_id: task.result() for show_id, task in zip(show_ids, tasks)}
