# the memory grows with the table
# breaks: memory

from sqlalchemy import select

from lantern.theatre import Order

COLUMNS = select(Order.id, Order.show_id, Order.guest_id, Order.total_cents)


async def export(Session):
    seen = []
    async with Session() as session:
        async for order in await session.stream_scalars(
            select(Order).execution_options(yield_per=500)
        ):
            seen.append(order)
            yield {
                name: getattr(order, name) for name in ("id", "show_id", "guest_id", "total_cents")
            }
