# export gave no row at all
# breaks: rows
# never told: keys
# never told: first row

from sqlalchemy import select

from lantern.theatre import Order

COLUMNS = select(Order.id, Order.show_id, Order.guest_id, Order.total_cents)


async def export(Session):
    last = 10**9
    async with Session() as session:
        while True:
            page = COLUMNS.where(Order.id > last).order_by(Order.id).limit(500)
            rows = (await session.execute(page)).mappings().all()
            if not rows:
                return
            for row in rows:
                yield dict(row)
            last = rows[-1]["id"]
