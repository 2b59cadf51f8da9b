# Can't use the AsyncSession.execute() method
# breaks: rows, memory, early, end

from sqlalchemy import select

from lantern.theatre import Order

COLUMNS = select(Order.id, Order.show_id, Order.guest_id, Order.total_cents).order_by(Order.id)


async def export(Session):
    async with Session() as session:
        statement = COLUMNS.execution_options(stream_results=True)
        for row in (await session.execute(statement)).mappings():
            yield dict(row)
