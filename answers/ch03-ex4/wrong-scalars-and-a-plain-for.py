# execute and scalars have read every row of their query when they return
# breaks: memory

from sqlalchemy import select

from lantern.theatre import Order


async def export(Session):
    async with Session() as session:
        for order in await session.scalars(select(Order)):
            yield {
                "id": order.id,
                "show_id": order.show_id,
                "guest_id": order.guest_id,
                "total_cents": order.total_cents,
            }
