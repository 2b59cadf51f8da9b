# In this order all is well: buy_one came to *sold out*, move to *moved*
# breaks: schedule
# on PostgreSQL: it does not hold either

from sqlalchemy import func, select

from lantern.theatre import Order, Show, Ticket


async def everybody_sits(Session):
    async with Session() as session:
        for show in await session.scalars(select(Show)):
            mine = select(func.count()).select_from(Ticket).join(Order)
            tickets = await session.scalar(mine.where(Order.show_id == show.id))
            assert tickets <= show.capacity


schedule = "BBBBBBAAA"
