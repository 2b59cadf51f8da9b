# what was read is compared in the UPDATE, and it is tried again

from sqlalchemy import update

from lantern.theatre import Order, Show, Ticket


async def buy(Session, show_id, guest_id):
    while True:
        async with Session() as session:
            show = await session.get_one(Show, show_id)
        if show.sold >= show.capacity:
            return None
        async with Session.begin() as session:
            mine = update(Show).where(Show.id == show_id, Show.sold == show.sold)
            taken = await session.execute(mine.values(sold=show.sold + 1))
            if taken.rowcount == 0:
                continue
            order = Order(show_id=show_id, guest_id=guest_id, total_cents=0, tickets=[Ticket()])
            session.add(order)
            return order
