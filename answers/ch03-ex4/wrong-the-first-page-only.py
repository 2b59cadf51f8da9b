# There are 4000 orders; export gave 1000 rows. 3000 orders never came.
# breaks: rows
# never told: more than once

from sqlalchemy import select

from lantern.theatre import Order

COLUMNS = select(Order.id, Order.show_id, Order.guest_id, Order.total_cents).order_by(Order.id)


async def export(Session):
    async with Session() as session:
        for row in (await session.execute(COLUMNS.limit(1000))).mappings():
            yield dict(row)
