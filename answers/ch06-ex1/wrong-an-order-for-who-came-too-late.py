# got None, and this guest has an order
# breaks: rows

from sqlalchemy import update

from lantern.theatre import Order, Show, Ticket


async def buy(Session, show_id, guest_id):
    async with Session.begin() as session:
        order = Order(show_id=show_id, guest_id=guest_id, total_cents=0)
        session.add(order)
        await session.flush()
        room = update(Show).where(Show.id == show_id, Show.sold < Show.capacity)
        if (await session.execute(room.values(sold=Show.sold + 1))).rowcount == 0:
            return None
        session.add(Ticket(order_id=order.id))
        return order
