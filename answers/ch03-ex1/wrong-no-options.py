# It was not loaded, and an attribute cannot await
# breaks: whole, statements
# never told: expired

from lantern.theatre import Show


async def show_detail(Session, show_id):
    async with Session() as session:
        return await session.get(Show, show_id)
