# returned Row, not the Show. execute gives rows; scalars gives the objects.
# breaks: whole, statements

from sqlalchemy import select

from lantern.theatre import Show


async def show_detail(Session, show_id):
    async with Session() as session:
        return (await session.execute(select(Show).where(Show.id == show_id))).first()
