# returned dict, not the Show
# breaks: whole, statements

from lantern.theatre import Show


async def show_detail(Session, show_id):
    async with Session() as session:
        return {} if await session.get(Show, show_id) else None
