# all rows are read, and a schedule that stops where nothing is left to choose

from collections import Counter

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from lantern.theatre import Order, Show


async def everybody_sits(Session):
    async with Session() as session:
        orders = await session.scalars(select(Order).options(selectinload(Order.tickets)))
        tickets = Counter()
        for order in orders:
            tickets[order.show_id] += len(order.tickets)
        rows = await session.execute(select(Show.id, Show.capacity))
        places = {show: capacity for show, capacity in rows}
    full = [show for show, count in tickets.items() if count > places[show]]
    if full:
        raise AssertionError(f"too full: {full}")


schedule = "BBBA"
