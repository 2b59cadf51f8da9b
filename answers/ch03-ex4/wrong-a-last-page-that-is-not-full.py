# export gave 8000 rows
# breaks: rows

from sqlalchemy import select

from lantern.theatre import Order

COLUMNS = select(Order.id, Order.show_id, Order.guest_id, Order.total_cents).order_by(Order.id)


async def export(Session):
    last, first = 0, True
    while True:
        async with Session() as session:
            page = await session.execute(COLUMNS.where(Order.id > last).limit(1000))
            rows = [dict(row) for row in page.mappings()]
        if len(rows) < 1000 and not first:
            return
        for row in rows:
            yield row
        if not rows:
            return
        last, first = rows[-1]["id"], False
