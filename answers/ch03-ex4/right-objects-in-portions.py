# objects, in portions

from sqlalchemy import select

from lantern.theatre import Order


def plain(order):
    return {name: getattr(order, name) for name in ("id", "show_id", "guest_id", "total_cents")}


async def export(Session):
    async with Session() as session:
        orders = await session.stream_scalars(select(Order).execution_options(yield_per=500))
        async for portion in orders.partitions():
            for order in portion:
                yield plain(order)
