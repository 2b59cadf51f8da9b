# pages, each with a session of its own

from sqlalchemy import select

from lantern.theatre import Order

COLUMNS = select(Order.id, Order.show_id, Order.guest_id, Order.total_cents).order_by(Order.id)


async def export(Session):
    last = 0
    while True:
        async with Session() as session:
            page = (await session.execute(COLUMNS.where(Order.id > last).limit(1000))).mappings()
            rows = [dict(row) for row in page]
        if not rows:
            return
        for row in rows:
            yield row
        last = rows[-1]["id"]
