# After the last row a connection was still checked out
# breaks: end

from sqlalchemy import select

from lantern.theatre import Order

COLUMNS = select(Order.id, Order.show_id, Order.guest_id, Order.total_cents)


async def export(Session):
    session = Session()
    try:
        async for row in (
            await session.stream(COLUMNS.execution_options(yield_per=500))
        ).mappings():
            yield dict(row)
    except GeneratorExit:
        await session.close()
        raise
