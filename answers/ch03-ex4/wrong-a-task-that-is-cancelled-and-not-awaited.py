# still checked out
# breaks: early

import asyncio

from sqlalchemy import select

from lantern.theatre import Order


async def export(Session):
    queue = asyncio.Queue(100)
    columns = select(Order.id, Order.show_id, Order.guest_id, Order.total_cents)

    async def read():
        async with Session() as session:
            result = await session.stream(columns.execution_options(yield_per=500))
            async for row in result.mappings():
                await queue.put(dict(row))
        await queue.put(None)

    reading = asyncio.create_task(read())
    try:
        while (row := await queue.get()) is not None:
            yield row
    finally:
        reading.cancel()
