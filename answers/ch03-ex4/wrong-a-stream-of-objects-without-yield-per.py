# a session's stream without yield_per
# breaks: memory

from sqlalchemy import select

from lantern.theatre import Order


def plain(order):
    return {name: getattr(order, name) for name in ("id", "show_id", "guest_id", "total_cents")}


async def export(Session):
    async with Session() as session:
        async for order in await session.stream_scalars(select(Order)):
            yield plain(order)
