# the memory grows with the table
# breaks: memory

from sqlalchemy import select

from lantern.theatre import Order, Show

COLUMNS = select(Order.id, Order.show_id, Order.guest_id, Order.total_cents)


async def export(Session):
    async with Session() as session:
        for show in (await session.scalars(select(Show.id))).all():
            for row in (
                (await session.execute(COLUMNS.where(Order.show_id == show))).mappings().all()
            ):
                yield dict(row)
