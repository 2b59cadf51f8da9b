# one statement, from the shows, with outer joins

from sqlalchemy import func, select

from lantern.theatre import Order, Show, Ticket


async def dashboard(Session, show_ids):
    counted = (
        select(Show.id, func.count(Ticket.id))
        .outerjoin(Order, Order.show_id == Show.id)
        .outerjoin(Ticket, Ticket.order_id == Order.id)
        .where(Show.id.in_(show_ids))
        .group_by(Show.id)
    )
    async with Session() as session:
        return {show_id: count for show_id, count in await session.execute(counted)}
