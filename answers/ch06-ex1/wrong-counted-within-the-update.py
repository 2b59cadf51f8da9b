# Teo's statement has looked already, and writes when Ines has committed
# breaks: postgresql
# on PostgreSQL: 2 tickets were handed out

from sqlalchemy import func, select, update

from lantern.theatre import Order, Show, Ticket


async def buy(Session, show_id, guest_id):
    async with Session.begin() as session:
        tickets = (
            select(func.count(Ticket.id))
            .join(Order)
            .where(Order.show_id == show_id)
            .scalar_subquery()
        )
        room = update(Show).where(Show.id == show_id, tickets < Show.capacity)
        if (await session.execute(room.values(sold=Show.sold + 1))).rowcount == 0:
            return None
        order = Order(show_id=show_id, guest_id=guest_id, total_cents=0, tickets=[Ticket()])
        session.add(order)
        return order
