# SQLite has no other INSERT
# on PostgreSQL: `sqlalchemy.dialects.sqlite` has SQLite's INSERT

from sqlalchemy import update
from sqlalchemy.dialects.sqlite import insert

from lantern.theatre import Order, Show, Ticket


async def buy(Session, show_id, guest_id):
    async with Session.begin() as session:
        room = update(Show).where(Show.id == show_id, Show.sold < Show.capacity)
        if (await session.execute(room.values(sold=Show.sold + 1))).rowcount == 0:
            return None
        new = insert(Order).values(show_id=show_id, guest_id=guest_id, total_cents=0)
        order = await session.scalar(new.on_conflict_do_nothing().returning(Order))
        await session.execute(insert(Ticket).values(order_id=order.id))
        return order
