# export gave 3999 rows
# breaks: rows

from sqlalchemy import select

from lantern.theatre import Order


async def export(Session):
    columns = select(Order.id, Order.show_id, Order.guest_id, Order.total_cents).order_by(Order.id)
    last = 1
    while True:
        async with Session() as session:
            rows = (await session.execute(columns.where(Order.id > last).limit(500))).mappings()
            page = [dict(row) for row in rows]
        if not page:
            return
        for row in page:
            yield row
        last = page[-1]["id"]
