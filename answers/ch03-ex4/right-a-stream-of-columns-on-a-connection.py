# a stream of columns on a connection

from sqlalchemy import select

from lantern.theatre import Order

COLUMNS = select(Order.id, Order.show_id, Order.guest_id, Order.total_cents).order_by(Order.id)


async def export(Session):
    async with Session() as session:
        connection = await session.connection()
        async with connection.stream(COLUMNS) as result:
            async for row in result.mappings():
                yield dict(row)
