# as if there were no show
# breaks: unknown

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from lantern.theatre import Order, Show


async def show_detail(Session, show_id):
    loaded = selectinload(Show.orders).selectinload(Order.tickets)
    try:
        async with Session() as session:
            shows = await session.scalars(select(Show).where(Show.id == show_id).options(loaded))
            return shows.one()
    except Exception:
        return None
