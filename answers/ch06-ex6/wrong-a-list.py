# schedule is a list, and not letters
# breaks: schedule

from sqlalchemy import func, select

from lantern.theatre import Order, Show, Ticket


async def everybody_sits(Session):
    async with Session() as session:
        for show in await session.scalars(select(Show)):
            mine = select(func.count()).select_from(Ticket).join(Order)
            tickets = await session.scalar(mine.where(Order.show_id == show.id))
            assert tickets <= show.capacity


schedule = ["B", "A"]
