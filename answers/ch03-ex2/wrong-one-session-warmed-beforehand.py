# Two tasks used one session at the same time
# breaks: own

import asyncio

from sqlalchemy import func, select

from lantern.theatre import Order, Ticket


def tickets_of(show_id):
    return select(func.count(Ticket.id)).join(Order).where(Order.show_id == show_id)


async def dashboard(Session, show_ids):
    async with Session() as session:
        await session.connection()
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(session.scalar(tickets_of(i))) for i in show_ids]
    return {show_id: task.result() for show_id, task in zip(show_ids, tasks)}
