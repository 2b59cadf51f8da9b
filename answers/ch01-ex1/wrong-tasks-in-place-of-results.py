# Where a price should be stands <a task in place of its result>
# breaks: order

import asyncio


async def price_all(seats, fetch, limit):
    gate = asyncio.Semaphore(limit)

    async def one(seat):
        async with gate:
            return await fetch(seat)

    async with asyncio.TaskGroup() as group:
        return [group.create_task(one(seat)) for seat in seats]
