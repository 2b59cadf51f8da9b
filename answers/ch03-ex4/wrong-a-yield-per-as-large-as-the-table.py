# the memory grows with the table
# breaks: memory

from sqlalchemy import select

from lantern.theatre import Order

COLUMNS = select(Order.id, Order.show_id, Order.guest_id, Order.total_cents)


async def export(Session):
    async with Session() as session:
        result = await session.stream(COLUMNS.execution_options(yield_per=100_000))
        async for row in result.mappings():
            yield dict(row)
