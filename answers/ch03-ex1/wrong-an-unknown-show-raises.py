# so None is due. show_detail raised NoResultFound
# breaks: unknown

from sqlalchemy.orm import selectinload

from lantern.theatre import Order, Show


async def show_detail(Session, show_id):
    loaded = selectinload(Show.orders).selectinload(Order.tickets)
    async with Session() as session:
        return await session.get_one(Show, show_id, options=[loaded])
