# Nobody asked for show
# breaks: counts

from sqlalchemy import select

from lantern.theatre import Show


async def dashboard(Session, show_ids):
    async with Session() as session:
        rows = await session.execute(select(Show.id, Show.sold))
        return {show_id: count for show_id, count in rows}
