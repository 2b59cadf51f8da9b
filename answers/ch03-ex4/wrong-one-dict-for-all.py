# has one dict 10 times
# breaks: rows

from sqlalchemy import select

from lantern.theatre import Order

COLUMNS = select(Order.id, Order.show_id, Order.guest_id, Order.total_cents).order_by(Order.id)


async def export(Session):
    order = {}
    async with Session() as session:
        result = await session.stream(COLUMNS.execution_options(yield_per=500))
        async for row in result.mappings():
            order.update(row)
            yield order
