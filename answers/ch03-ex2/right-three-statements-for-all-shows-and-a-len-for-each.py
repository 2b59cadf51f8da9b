# three statements for all shows, and a len for each

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from lantern.theatre import Order, Show


async def dashboard(Session, show_ids):
    loaded = selectinload(Show.orders).selectinload(Order.tickets)
    async with Session() as session:
        shows = await session.scalars(select(Show).where(Show.id.in_(show_ids)).options(loaded))
        return {show.id: sum(len(order.tickets) for order in show.orders) for show in shows}
