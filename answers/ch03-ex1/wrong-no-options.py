# got DetachedInstanceError: Parent instance <Show> is not bound to a Session
# breaks: whole, statements

from lantern.theatre import Show


async def show_detail(Session, show_id):
    async with Session() as session:
        return await session.get(Show, show_id)
