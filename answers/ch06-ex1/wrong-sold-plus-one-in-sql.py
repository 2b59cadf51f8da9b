# Two guests came and one place was left: 2 tickets were handed out
# breaks: seats

from sqlalchemy import select, update

from lantern.theatre import Order, Show, Ticket


async def buy(Session, show_id, guest_id):
    async with Session() as session:
        left = await session.scalar(select(Show.capacity - Show.sold).where(Show.id == show_id))
    if left <= 0:
        return None
    async with Session.begin() as session:
        await session.execute(update(Show).where(Show.id == show_id).values(sold=Show.sold + 1))
        order = Order(show_id=show_id, guest_id=guest_id, total_cents=0, tickets=[Ticket()])
        session.add(order)
    return order
