# connections were in use at once; 5 are yours
# breaks: five

import asyncio

from sqlalchemy import func, select

from lantern.theatre import Order, Ticket


def tickets_of(show_id):
    return select(func.count(Ticket.id)).join(Order).where(Order.show_id == show_id)


async def dashboard(Session, show_ids):
    gate = asyncio.Semaphore(5)

    async def one(show_id):
        async with Session() as session:
            return await session.scalar(tickets_of(show_id))

    async def one_or_again(show_id):
        try:
            async with gate:
                return await one(show_id)
        except Exception:
            return await one(show_id)

    async with asyncio.TaskGroup() as group:
        tasks = {show_id: group.create_task(one_or_again(show_id)) for show_id in set(show_ids)}
    return {show_id: task.result() for show_id, task in tasks.items()}
