# stopped after 10 rows, and 1 connection was still checked out
# breaks: early

from sqlalchemy import select

from lantern.theatre import Order

COLUMNS = select(Order.id, Order.show_id, Order.guest_id, Order.total_cents).order_by(Order.id)


async def export(Session):
    session = Session()
    result = await session.stream(COLUMNS.execution_options(yield_per=500))
    async for row in result.mappings():
        yield dict(row)
    await session.close()
