# refused by SQLite at once
# breaks: served
# on PostgreSQL: 2 tickets were handed out

from lantern.theatre import Order, Show, Ticket


async def buy(Session, show_id, guest_id):
    async with Session.begin() as session:
        show = await session.get_one(Show, show_id)
        if show.sold >= show.capacity:
            return None
        show.sold += 1
        order = Order(show_id=show_id, guest_id=guest_id, total_cents=0, tickets=[Ticket()])
        session.add(order)
    return order
