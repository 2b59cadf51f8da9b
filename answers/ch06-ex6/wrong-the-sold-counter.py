# Everybody sits, and everybody_sits says AssertionError
# breaks: silent, alarm

from sqlalchemy import select

from lantern.theatre import Show


async def everybody_sits(Session):
    async with Session() as session:
        for show in await session.scalars(select(Show)):
            assert show.sold <= show.capacity


schedule = "BBBAAAAABBB"
