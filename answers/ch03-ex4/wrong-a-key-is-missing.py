# The first row is a dict with the keys guest_id, id, show_id; due are id
# breaks: rows

from sqlalchemy import select

from lantern.theatre import Order

COLUMNS = select(Order.id, Order.show_id, Order.guest_id, Order.total_cents)


async def export(Session):
    columns = select(Order.id, Order.show_id, Order.guest_id)
    async with Session() as session:
        async for row in (
            await session.stream(columns.execution_options(yield_per=500))
        ).mappings():
            yield dict(row)
