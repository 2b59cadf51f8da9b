# after one more ticket was sold
# breaks: counts

from sqlalchemy import func, select

from lantern.theatre import Order, Ticket

known = {}


async def dashboard(Session, show_ids):
    new = [show_id for show_id in show_ids if show_id not in known]
    counted = (
        select(Order.show_id, func.count(Ticket.id))
        .join(Order.tickets)
        .where(Order.show_id.in_(new))
        .group_by(Order.show_id)
    )
    async with Session() as session:
        rows = (await session.execute(counted)).all()
    known.update(dict.fromkeys(new, 0) | dict(rows))
    return {show_id: known[show_id] for show_id in show_ids}
