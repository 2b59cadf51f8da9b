# 6 calls were in flight at once; the supplier allows 5
# breaks: limit
# never told: The number comes with the call

import asyncio


async def price_all(seats, fetch, limit):
    gate = asyncio.Semaphore(limit + 1)

    async def one(seat):
        async with gate:
            return await fetch(seat)

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one(seat)) for seat in seats]
    return [task.result() for task in tasks]
