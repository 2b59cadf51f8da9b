# a portion is a range of ids, in which there cannot be more orders than ids

from sqlalchemy import func, select

from lantern.theatre import Order

STEP = 2000


async def export(Session):
    async with Session() as session:
        ends = await session.execute(select(func.min(Order.id), func.max(Order.id)))
        first, last = ends.one()
    if first is None:
        return
    for start in range(first, last + 1, STEP):
        async with Session() as session:
            some = select(Order).where(Order.id.between(start, start + STEP - 1))
            orders = (await session.scalars(some)).all()
        for order in orders:
            yield {
                "id": order.id,
                "show_id": order.show_id,
                "guest_id": order.guest_id,
                "total_cents": order.total_cents,
            }
