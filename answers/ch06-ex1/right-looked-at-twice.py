# who comes when all is sold need not wait, and nobody relies on that look

from sqlalchemy import update

from lantern.theatre import Order, Show, Ticket


async def buy(Session, show_id, guest_id):
    async with Session() as session:
        show = await session.get_one(Show, show_id)
        if show.sold >= show.capacity:
            return None
    async with Session.begin() as session:
        await session.execute(update(Show).where(Show.id == show_id).values(sold=Show.sold))
        show = await session.get_one(Show, show_id)
        if show.sold >= show.capacity:
            return None
        show.sold += 1
        order = Order(show_id=show_id, guest_id=guest_id, total_cents=0, tickets=[Ticket()])
        session.add(order)
        return order
