# tickets; dashboard says
# breaks: counts

from sqlalchemy import func, select

from lantern.theatre import Order, Show


async def dashboard(Session, show_ids):
    counted = (
        select(Show.id, func.count(Order.id))
        .outerjoin(Order)
        .where(Show.id.in_(show_ids))
        .group_by(Show.id)
    )
    async with Session() as session:
        return {show_id: count for show_id, count in await session.execute(counted)}
