# Is something of each order kept from the beginning
# breaks: memory

from sqlalchemy import select

from lantern.theatre import Order


async def export(Session):
    async with Session() as session:
        ids = []
        async for one in await session.stream_scalars(
            select(Order.id).order_by(Order.id).execution_options(yield_per=2000)
        ):
            ids.append(one)
        while ids:
            page = select(Order).where(Order.id.in_(ids[:2000]))
            for order in (await session.scalars(page)).all():
                yield {
                    "id": order.id,
                    "show_id": order.show_id,
                    "guest_id": order.guest_id,
                    "total_cents": order.total_cents,
                }
            del ids[:2000]
