# A show that nobody asked for
# breaks: rows
# on PostgreSQL: it does not hold either

from sqlalchemy import update

from lantern.theatre import Order, Show, Ticket


async def buy(Session, show_id, guest_id):
    async with Session.begin() as session:
        show = await session.execute(
            update(Show)
            .where(Show.id == show_id, Show.sold < Show.capacity)
            .values(sold=Show.sold + 1)
        )
        if show.rowcount == 0:
            return None
        others = update(Show).where(Show.id != show_id, Show.sold < Show.capacity)
        await session.execute(others.values(sold=Show.sold + 1))
        order = Order(show_id=show_id, guest_id=guest_id, total_cents=0, tickets=[Ticket()])
        session.add(order)
        return order
