# pages of fifty objects, each with a session of its own

from sqlalchemy import select

from lantern.theatre import Order


async def export(Session):
    last = 0
    while True:
        async with Session() as session:
            page = select(Order).where(Order.id > last).order_by(Order.id).limit(50)
            orders = (await session.scalars(page)).all()
        for o in orders:
            yield {
                "id": o.id,
                "show_id": o.show_id,
                "guest_id": o.guest_id,
                "total_cents": o.total_cents,
            }
        if len(orders) < 50:
            return
        last = orders[-1].id
