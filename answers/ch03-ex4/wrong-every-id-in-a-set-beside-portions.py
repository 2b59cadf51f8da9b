# never fell to what it had been before
# breaks: memory

from sqlalchemy import select

from lantern.theatre import Order

COLUMNS = select(Order.id, Order.show_id, Order.guest_id, Order.total_cents)


async def export(Session):
    seen = set()
    async with Session() as session:
        rows = await session.stream(COLUMNS.execution_options(yield_per=2000))
        async for row in rows.mappings():
            if row["id"] not in seen:
                seen.add(row["id"])
                yield dict(row)
