# there were 5. The number comes with the call
# breaks: limit, together

import asyncio


async def price_all(seats, fetch, limit):
    gate = asyncio.Semaphore(5)

    async def one(seat):
        async with gate:
            return await fetch(seat)

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one(seat)) for seat in seats]
    return [task.result() for task in tasks]
