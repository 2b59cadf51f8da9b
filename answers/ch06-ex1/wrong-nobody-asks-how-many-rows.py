# 1 ticket was handed out
# breaks: seats

from sqlalchemy import update

from lantern.theatre import Order, Show, Ticket


async def buy(Session, show_id, guest_id):
    async with Session.begin() as session:
        room = update(Show).where(Show.id == show_id, Show.sold < Show.capacity)
        await session.execute(room.values(sold=Show.sold + 1))
        order = Order(show_id=show_id, guest_id=guest_id, total_cents=0, tickets=[Ticket()])
        session.add(order)
        return order
