# and everybody_sits does not say so with an assert
# breaks: alarm

from sqlalchemy import func, select

from lantern.theatre import Show, Ticket


async def everybody_sits(Session):
    async with Session() as session:
        tickets = await session.scalar(select(func.count(Ticket.id)))
        places = await session.scalar(select(func.sum(Show.capacity)))
        assert tickets <= (places or 0)


schedule = "BBBAAAAABBB"
