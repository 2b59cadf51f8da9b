# The reader stopped after 2600 rows
# breaks: early

from sqlalchemy import select

from lantern.theatre import Order

COLUMNS = select(Order.id, Order.show_id, Order.guest_id, Order.total_cents).order_by(Order.id)


async def export(Session):
    async with Session() as session:
        rows = (await session.execute(COLUMNS.limit(1000))).mappings().all()
    for row in rows:
        yield dict(row)
    later = Session()
    while rows:
        page = COLUMNS.where(Order.id > rows[-1]["id"]).limit(1000)
        rows = (await later.execute(page)).mappings().all()
        for row in rows:
            yield dict(row)
    await later.close()
