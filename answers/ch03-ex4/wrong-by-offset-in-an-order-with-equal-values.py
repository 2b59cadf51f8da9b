# or with equal values in it
# breaks: rows

from sqlalchemy import select

from lantern.theatre import Order

COLUMNS = select(Order.id, Order.show_id, Order.guest_id, Order.total_cents)


async def export(Session):
    start = 0
    async with Session() as session:
        while True:
            page = COLUMNS.order_by(Order.created).offset(start).limit(1000)
            rows = (await session.execute(page)).mappings().all()
            if not rows:
                return
            for row in rows:
                yield dict(row)
            start += 1000
