# orders never came
# breaks: rows
# never told: more than once
# never told: keys

from sqlalchemy import select

from lantern.theatre import Order

COLUMNS = select(Order.id, Order.show_id, Order.guest_id, Order.total_cents)


async def export(Session):
    start = 10
    async with Session() as session:
        while True:
            page = COLUMNS.order_by(Order.id).offset(start).limit(500)
            rows = (await session.execute(page)).mappings().all()
            if not rows:
                return
            for row in rows:
                yield dict(row)
            start += 500
