# too many guests at once
# breaks: served

import asyncio

from sqlalchemy.exc import OperationalError

from lantern.theatre import Order, Show, Ticket


async def buy(Session, show_id, guest_id):
    for attempt in range(5):
        try:
            async with Session.begin() as session:
                show = await session.get_one(Show, show_id, with_for_update=True)
                if show.sold >= show.capacity:
                    return None
                show.sold += 1
                order = Order(show_id=show_id, guest_id=guest_id, total_cents=0)
                order.tickets.append(Ticket())
                session.add(order)
            return order
        except OperationalError:
            await asyncio.sleep(0.001 * attempt)
    raise TimeoutError("too many guests at once")
