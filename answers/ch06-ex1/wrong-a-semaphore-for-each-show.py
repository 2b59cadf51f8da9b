# each has a lock of its own
# breaks: processes

import asyncio
from collections import defaultdict

from lantern.theatre import Order, Show, Ticket

at_the_desk = defaultdict(lambda: asyncio.Semaphore(1))


async def buy(Session, show_id, guest_id):
    async with at_the_desk[show_id], Session.begin() as session:
        show = await session.get_one(Show, show_id)
        if show.sold >= show.capacity:
            return None
        show.sold += 1
        order = Order(show_id=show_id, guest_id=guest_id, total_cents=0, tickets=[Ticket()])
        session.add(order)
    return order
