# rows had come by then
# breaks: rows, memory, early, end
# never told: N+1

from sqlalchemy import select

from lantern.theatre import Order

COLUMNS = select(Order.id, Order.show_id, Order.guest_id, Order.total_cents)


async def export(Session):
    seen = 0
    async with Session() as session:
        async for row in (
            await session.stream(COLUMNS.execution_options(yield_per=500))
        ).mappings():
            seen += 1
            if seen > 2000:
                raise MemoryError("too many")
            yield dict(row)
