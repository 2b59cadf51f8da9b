# So is every show that has sold nothing, as an inner join leaves it out
# breaks: counts
# never told: Nobody asked

from sqlalchemy import func, select

from lantern.theatre import Order, Ticket


async def dashboard(Session, show_ids):
    counted = (
        select(Order.show_id, func.count(Ticket.id))
        .join(Ticket)
        .where(Order.show_id.in_(show_ids))
        .group_by(Order.show_id)
    )
    async with Session() as session:
        return {show_id: count for show_id, count in await session.execute(counted)}
