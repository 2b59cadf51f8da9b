# The first row is of the class Row; a dict is due
# breaks: rows

from sqlalchemy import select

from lantern.theatre import Order

COLUMNS = select(Order.id, Order.show_id, Order.guest_id, Order.total_cents).order_by(Order.id)


async def export(Session):
    async with Session() as session:
        async for row in await session.stream(COLUMNS.execution_options(yield_per=500)):
            yield row
