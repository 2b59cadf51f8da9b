# and one of which costs 0
# breaks: order

import asyncio


async def price_all(seats, fetch, limit):
    gate = asyncio.Semaphore(limit)

    async def fetch_one(seat):
        async with gate:
            return await fetch(seat)

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(fetch_one(seat)) for seat in seats]
    return [price for task in tasks if (price := task.result())]
