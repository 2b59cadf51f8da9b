# In one process it holds
# breaks: processes
# on PostgreSQL: 2 tickets were handed out

import asyncio

from sqlalchemy import update

from lantern.theatre import Order, Show, Ticket

lock = asyncio.Lock()


async def buy(Session, show_id, guest_id):
    async with lock:
        async with Session() as session:
            show = await session.get_one(Show, show_id)
        if show.sold >= show.capacity:
            return None
        async with Session.begin() as session:
            order = Order(show_id=show_id, guest_id=guest_id, total_cents=0, tickets=[Ticket()])
            session.add(order)
            await session.execute(update(Show).where(Show.id == show_id).values(sold=show.sold + 1))
        return order
