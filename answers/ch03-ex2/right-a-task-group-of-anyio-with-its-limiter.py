# AnyIO's task group, which cancels again and again, and its limiter

import anyio
from sqlalchemy import func, select

from lantern.theatre import Order, Ticket


async def dashboard(Session, show_ids):
    limiter = anyio.CapacityLimiter(5)
    counts = dict.fromkeys(show_ids, 0)

    async def count(show_id):
        tickets = select(func.count(Ticket.id)).join(Ticket.order).where(Order.show_id == show_id)
        async with limiter, Session() as session:
            counts[show_id] = await session.scalar(tickets)

    async with anyio.create_task_group() as group:
        for show_id in counts:
            group.start_soon(count, show_id)
    return counts
