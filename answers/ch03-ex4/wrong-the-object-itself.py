# The first row is of the class Order; a dict is due
# breaks: rows
# never told: Row

from sqlalchemy import select

from lantern.theatre import Order

COLUMNS = select(Order.id, Order.show_id, Order.guest_id, Order.total_cents)


async def export(Session):
    async with Session() as session:
        async for order in await session.stream_scalars(
            select(Order).execution_options(yield_per=500)
        ):
            yield order
