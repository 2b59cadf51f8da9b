# and price_all returned as if it had
# breaks: failure

import asyncio


async def price_all(seats, fetch, limit):
    gate = asyncio.Semaphore(limit)

    async def fetch_one(seat):
        async with gate:
            try:
                return await fetch(seat)
            except TimeoutError:
                return 0

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(fetch_one(seat)) for seat in seats]
    return [task.result() for task in tasks]
