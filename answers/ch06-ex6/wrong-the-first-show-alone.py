# and everybody_sits does not say so with an assert
# breaks: alarm
# on PostgreSQL: it does not hold either

from sqlalchemy import func, select

from lantern.theatre import Order, Show, Ticket


async def everybody_sits(Session):
    async with Session() as session:
        show = await session.scalar(select(Show).order_by(Show.id).limit(1))
        if show is None:
            return
        mine = select(func.count()).select_from(Ticket).join(Order)
        assert await session.scalar(mine.where(Order.show_id == show.id)) <= show.capacity


schedule = "BBBAAAAABBB"
