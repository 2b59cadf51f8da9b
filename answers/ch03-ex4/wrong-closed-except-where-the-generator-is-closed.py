# stopped after 10 rows, and 1 connection was still checked out
# breaks: early

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
    except Exception:
        await session.close()
        raise
    else:
        await session.close()
