# On PostgreSQL Ines may come between, since Teo holds no row yet
# breaks: postgresql

from sqlalchemy import func, select, update

from lantern.theatre import Order, Show, Ticket


async def buy(Session, show_id, guest_id):
    async with Session() as session:
        order = Order(show_id=show_id, guest_id=guest_id, total_cents=0, tickets=[Ticket()])
        session.add(order)
        await session.flush()
        tickets = select(func.count(Ticket.id)).join(Order).where(Order.show_id == show_id)
        show = await session.get_one(Show, show_id)
        if await session.scalar(tickets) > show.capacity:
            await session.rollback()
            return None
        await session.execute(update(Show).where(Show.id == show_id).values(sold=Show.sold + 1))
        await session.commit()
        return order
