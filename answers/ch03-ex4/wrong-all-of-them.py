# the memory grows with the table
# breaks: memory
# never told: never came

from sqlalchemy import select

from lantern.theatre import Order

COLUMNS = select(Order.id, Order.show_id, Order.guest_id, Order.total_cents).order_by(Order.id)


async def export(Session):
    async with Session() as session:
        for row in (await session.execute(COLUMNS)).mappings().all():
            yield dict(row)
