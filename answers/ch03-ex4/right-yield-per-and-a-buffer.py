# yield_per and max_row_buffer, both of two thousand

from sqlalchemy import select

from lantern.theatre import Order

COLUMNS = select(Order.id, Order.show_id, Order.guest_id, Order.total_cents)


async def export(Session):
    async with Session() as session:
        options = {"yield_per": 2000, "max_row_buffer": 2000}
        rows = await session.stream(COLUMNS, execution_options=options)
        async for row in rows.mappings():
            yield dict(row)
