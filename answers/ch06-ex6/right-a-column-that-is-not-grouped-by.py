# SQLite takes a column of any row of a group, where all of them have the same
# on PostgreSQL: must appear in the GROUP BY clause

from sqlalchemy import func, select

from lantern.theatre import Order, Show, Ticket


async def everybody_sits(Session):
    tickets = func.count(Ticket.id)
    grouped = (
        select(Show.capacity, tickets)
        .join(Order, Order.show_id == Show.id)
        .join(Ticket, Ticket.order_id == Order.id)
        .group_by(Order.show_id)
    )
    async with Session() as session:
        assert all(count <= capacity for capacity, count in await session.execute(grouped))


schedule = "BBB" + "A" * 5 + "BBB"
