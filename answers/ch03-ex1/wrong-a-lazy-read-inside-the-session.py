# mostly an attribute that was not loaded
# breaks: whole, statements, unknown, returned, elsewhere

from lantern.theatre import Show


async def show_detail(Session, show_id):
    async with Session() as session:
        show = await session.get(Show, show_id)
        if show is not None:
            show.orders
        return show
