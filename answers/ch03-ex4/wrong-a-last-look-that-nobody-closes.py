# After the last row a connection was still checked out
# breaks: end

from sqlalchemy import func, select

from lantern.theatre import Order

COLUMNS = select(Order.id, Order.show_id, Order.guest_id, Order.total_cents)


async def export(Session):
    count = 0
    async with Session() as session:
        async for row in (
            await session.stream(COLUMNS.execution_options(yield_per=500))
        ).mappings():
            yield dict(row)
            count += 1
    last_look = Session()
    assert count == await last_look.scalar(select(func.count(Order.id)))
