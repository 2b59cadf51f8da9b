# orders came more than once, 0 never
# breaks: rows

from sqlalchemy import select

from lantern.theatre import Order

COLUMNS = select(Order.id, Order.show_id, Order.guest_id, Order.total_cents)


async def export(Session):
    last = 0
    async with Session() as session:
        while True:
            page = COLUMNS.where(Order.id >= last).order_by(Order.id).limit(1000)
            rows = (await session.execute(page)).mappings().all()
            for row in rows:
                yield dict(row)
            if len(rows) < 1000:
                return
            last = rows[-1]["id"]
