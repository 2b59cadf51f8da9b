# : 2 more for every order
# breaks: statements

from lantern.theatre import Show


async def show_detail(Session, show_id):
    async with Session() as session:
        show = await session.get(Show, show_id)
        if show is not None:
            for order in await show.awaitable_attrs.orders:
                await session.refresh(order)
                await order.awaitable_attrs.tickets
        return show
