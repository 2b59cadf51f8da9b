# and everybody_sits does not say so with an assert
# breaks: alarm

from sqlalchemy import select

from lantern.theatre import Show


async def everybody_sits(Session):
    async with Session() as session:
        for show in await session.scalars(select(Show)):
            assert show.sold <= max(show.capacity, 8)


schedule = "BBBAAAAABBB"
