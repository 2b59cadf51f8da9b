# and everybody_sits does not say so with an assert
# breaks: alarm

from sqlalchemy import func, select

from lantern.theatre import Order, Show


async def everybody_sits(Session):
    async with Session() as session:
        for show in await session.scalars(select(Show)):
            orders = select(func.count(Order.id)).where(Order.show_id == show.id)
            assert await session.scalar(orders) <= show.capacity


schedule = "BBBAAAAABBB"
