# back to front by the key, with a filter for the last one seen

from sqlalchemy import select

from lantern.theatre import Order


async def export(Session):
    last = 10**9
    async with Session() as session:
        while rows := (
            await session.scalars(
                select(Order).where(Order.id < last).order_by(Order.id.desc()).limit(300)
            )
        ).all():
            for order in rows:
                yield {"id": order.id, "total_cents": order.total_cents} | {
                    "show_id": order.show_id,
                    "guest_id": order.guest_id,
                }
            last = rows[-1].id
            session.expunge_all()
