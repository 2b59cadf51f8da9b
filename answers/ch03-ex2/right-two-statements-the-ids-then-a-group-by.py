# two statements: the ids, then a group by

from sqlalchemy import func, select

from lantern.theatre import Order, Show, Ticket


async def dashboard(Session, show_ids):
    counted = (
        select(Order.show_id, func.count(Ticket.id))
        .join(Ticket)
        .where(Order.show_id.in_(show_ids))
        .group_by(Order.show_id)
    )
    async with Session() as session:
        known = await session.scalars(select(Show.id).where(Show.id.in_(show_ids)))
        return {**dict.fromkeys(known, 0), **dict(tuple(r) for r in await session.execute(counted))}
