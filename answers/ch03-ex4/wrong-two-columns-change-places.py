# no order has these values
# breaks: rows
# never told: more than once

from sqlalchemy import select

from lantern.theatre import Order

COLUMNS = select(Order.id, Order.show_id, Order.guest_id, Order.total_cents)


async def export(Session):
    columns = select(Order.id, Order.guest_id, Order.show_id, Order.total_cents)
    async with Session() as session:
        async for row in await session.stream(columns.execution_options(yield_per=500)):
            yield dict(zip(("id", "show_id", "guest_id", "total_cents"), row))
