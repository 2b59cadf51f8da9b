# SQLite has no such SQL
# breaks: served
# on PostgreSQL: nothing of this is seen

from lantern.theatre import Order, Show, Ticket


async def buy(Session, show_id, guest_id):
    async with Session.begin() as session:
        show = await session.get_one(Show, show_id, with_for_update=True)
        if show.sold >= show.capacity:
            return None
        show.sold += 1
        order = Order(show_id=show_id, guest_id=guest_id, total_cents=0, tickets=[Ticket()])
        session.add(order)
    return order
