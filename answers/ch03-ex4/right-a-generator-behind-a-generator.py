# a generator behind a generator, both closed

from contextlib import aclosing

from sqlalchemy import select

from lantern.theatre import Order

COLUMNS = select(Order.id, Order.show_id, Order.guest_id, Order.total_cents)


async def orders_of(Session):
    async with Session() as session:
        rows = await session.stream(COLUMNS.execution_options(yield_per=100))
        async for row in rows.mappings():
            yield row


async def export(Session):
    async with aclosing(orders_of(Session)) as orders:
        async for order in orders:
            yield {key: order[key] for key in ("id", "show_id", "guest_id", "total_cents")}
