# whatever its max_row_buffer
# breaks: memory

from sqlalchemy import select

from lantern.theatre import Order

COLUMNS = select(Order.id, Order.show_id, Order.guest_id, Order.total_cents)


async def export(Session):
    async with Session() as session:
        options = {"stream_results": True, "max_row_buffer": 2000}
        rows = await session.stream(COLUMNS, execution_options=options)
        async for row in rows.mappings():
            yield dict(row)
