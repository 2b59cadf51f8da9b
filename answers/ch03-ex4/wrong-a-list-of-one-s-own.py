# and so do a list of your own
# breaks: memory

from sqlalchemy import select

from lantern.theatre import Order

COLUMNS = select(Order.id, Order.show_id, Order.guest_id, Order.total_cents).order_by(Order.id)


async def export(Session):
    async with Session() as session:
        result = await session.stream(COLUMNS.execution_options(yield_per=500))
        rows = [dict(row) async for row in result.mappings()]
    for row in rows:
        yield row
