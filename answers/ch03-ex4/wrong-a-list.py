# Write `async def` with a `yield` in it
# breaks: rows, memory, early, end

from sqlalchemy import select

from lantern.theatre import Order

COLUMNS = select(Order.id, Order.show_id, Order.guest_id, Order.total_cents).order_by(Order.id)


async def export(Session):
    async with Session() as session:
        return [dict(row) for row in (await session.execute(COLUMNS)).mappings()]
