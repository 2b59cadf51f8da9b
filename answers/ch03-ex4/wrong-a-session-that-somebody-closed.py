# The session was closed before a row was read
# breaks: rows, memory, early, end

from sqlalchemy import select

from lantern.theatre import Order

COLUMNS = select(Order.id, Order.show_id, Order.guest_id, Order.total_cents).order_by(Order.id)


async def lend(Session):
    async with Session() as session:
        return session


async def export(Session):
    session = await lend(Session)
    async for row in (await session.stream(COLUMNS)).mappings():
        yield dict(row)
