# Two tasks used one session at the same time
# breaks: own

import asyncio
from contextlib import AsyncExitStack

from sqlalchemy import func, select

from lantern.theatre import Order, Ticket


def tickets_of(show_id):
    return select(func.count(Ticket.id)).join(Order).where(Order.show_id == show_id)


async def dashboard(Session, show_ids):
    async with AsyncExitStack() as stack:
        sessions = [await stack.enter_async_context(Session()) for _ in range(5)]
        for session in sessions:
            await session.connection()

        async def one(number, show_id):
            return await sessions[number % 5].scalar(tickets_of(show_id))

        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one(*pair)) for pair in enumerate(show_ids)]
    return {show_id: task.result() for show_id, task in zip(show_ids, tasks)}
