# OFFSET counts in that one
# breaks: rows
# never told: keys

from sqlalchemy import select

from lantern.theatre import Order

COLUMNS = select(Order.id, Order.show_id, Order.guest_id, Order.total_cents)


async def export(Session):
    start = 0
    async with Session() as session:
        while True:
            rows = (await session.execute(COLUMNS.offset(start).limit(1000))).mappings().all()
            if not rows:
                return
            for row in rows:
                yield dict(row)
            start += 1000
