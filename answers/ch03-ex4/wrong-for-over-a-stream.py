# what stream and stream_scalars give, with `async for`
# breaks: rows, memory, early, end

from sqlalchemy import select

from lantern.theatre import Order


def plain(order):
    return {name: getattr(order, name) for name in ("id", "show_id", "guest_id", "total_cents")}


async def export(Session):
    async with Session() as session:
        for order in await session.stream_scalars(select(Order)):
            yield plain(order)
