# Two guests came and one place was left: 2 tickets were handed out
# breaks: postgresql

from sqlalchemy import update

from lantern.theatre import Order, Show, Ticket


async def buy(Session, show_id, guest_id):
    async with Session.begin() as session:
        order = Order(show_id=show_id, guest_id=guest_id, total_cents=0, tickets=[Ticket()])
        session.add(order)
        await session.flush()
        show = await session.get_one(Show, show_id)
        if show.sold >= show.capacity:
            await session.rollback()
            return None
        await session.execute(
            update(Show).where(Show.id == show_id, Show.capacity > 0).values(sold=Show.sold + 1)
        )
        return order
