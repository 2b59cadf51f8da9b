# was told None, sold out, and a place is left
# breaks: served

from sqlalchemy import update

from lantern.theatre import Order, Show, Ticket


async def buy(Session, show_id, guest_id):
    async with Session() as session:
        show = await session.get_one(Show, show_id)
    if show.sold >= show.capacity:
        return None
    async with Session.begin() as session:
        mine = update(Show).where(Show.id == show_id, Show.sold == show.sold)
        taken = await session.execute(mine.values(sold=show.sold + 1))
        if taken.rowcount == 0:
            return None
        order = Order(show_id=show_id, guest_id=guest_id, total_cents=0, tickets=[Ticket()])
        session.add(order)
        return order
