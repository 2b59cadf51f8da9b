# the INSERT holds the show on PostgreSQL, and FOR NO KEY UPDATE does not wait for that
# on PostgreSQL: it holds as well

from lantern.theatre import Order, Show, Ticket


async def buy(Session, show_id, guest_id):
    async with Session() as session:
        order = Order(show_id=show_id, guest_id=guest_id, total_cents=0, tickets=[Ticket()])
        session.add(order)
        await session.flush()
        show = await session.get_one(Show, show_id, with_for_update={"key_share": True})
        if show.sold >= show.capacity:
            await session.rollback()
            return None
        show.sold += 1
        await session.commit()
        return order
