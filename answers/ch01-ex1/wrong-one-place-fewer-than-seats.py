# At most 2 calls were in flight
# breaks: together

import asyncio


async def price_all(seats, fetch, limit):
    gate = asyncio.Semaphore(max(1, min(limit, len(seats) - 1)))

    async def fetch_one(seat):
        async with gate:
            return await fetch(seat)

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(fetch_one(seat)) for seat in seats]
    return [task.result() for task in tasks]
