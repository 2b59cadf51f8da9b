# the order is written first, and taken back where no row has a place left

from sqlalchemy import update

from lantern.theatre import Order, Show, Ticket


async def buy(Session, show_id, guest_id):
    async with Session() as session:
        order = Order(show_id=show_id, guest_id=guest_id, total_cents=0, tickets=[Ticket()])
        session.add(order)
        await session.flush()
        taken = await session.execute(
            update(Show)
            .where(Show.id == show_id, Show.capacity > Show.sold)
            .values({Show.sold: Show.sold + 1})
        )
        if taken.rowcount != 1:
            await session.rollback()
            return None
        await session.commit()
        return order
