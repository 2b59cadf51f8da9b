# never
# breaks: rows

from sqlalchemy import select

from lantern.theatre import Order


async def export(Session):
    columns = select(Order.id, Order.show_id, Order.guest_id, Order.total_cents)
    async with Session() as session:
        result = await session.stream(columns.execution_options(yield_per=500))
        async for row in result.mappings():
            if all(row.values()):
                yield dict(row)
