# a query within the UPDATE that decides nothing

from sqlalchemy import func, select, update

from lantern.theatre import Order, Show, Ticket


async def buy(Session, show_id, guest_id):
    async with Session.begin() as session:
        known = select(func.count(Order.id)).where(Order.show_id == show_id).scalar_subquery()
        room = update(Show).where(Show.id == show_id, Show.sold < Show.capacity, known >= 0)
        if (await session.execute(room.values(sold=Show.sold + 1))).rowcount == 0:
            return None
        order = Order(show_id=show_id, guest_id=guest_id, total_cents=0, tickets=[Ticket()])
        session.add(order)
        return order
