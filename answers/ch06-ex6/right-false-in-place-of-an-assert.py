# the explorer takes False as well, and the letters go to and fro

from sqlalchemy import func, select

from lantern.theatre import Order, Show, Ticket


async def everybody_sits(Session):
    async with Session() as session:
        rows = await session.execute(
            select(Show.capacity, func.count(Ticket.id))
            .join(Order, Order.show_id == Show.id)
            .join(Ticket, Ticket.order_id == Order.id)
            .group_by(Show.id)
        )
        return all(tickets <= capacity for capacity, tickets in rows)


schedule = "ABABBAAABBB"
