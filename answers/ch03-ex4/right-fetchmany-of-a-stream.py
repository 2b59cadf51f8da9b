# fetchmany of a stream, closed by hand in finally

from sqlalchemy import select

from lantern.theatre import Order

COLUMNS = select(Order.id, Order.show_id, Order.guest_id, Order.total_cents)


async def export(Session):
    session = Session()
    try:
        result = await session.stream(COLUMNS.execution_options(stream_results=True))
        while rows := await result.fetchmany(250):
            for row in rows:
                yield row._asdict()
    finally:
        await session.close()
