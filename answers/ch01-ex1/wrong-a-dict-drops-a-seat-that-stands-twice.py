# stand in the list a second time
# breaks: order

import asyncio


async def price_all(seats, fetch, limit):
    gate = asyncio.Semaphore(limit)

    async def one(seat):
        async with gate:
            return await fetch(seat)

    async with asyncio.TaskGroup() as group:
        tasks = {seat: group.create_task(one(seat)) for seat in seats}
    return [task.result() for task in tasks.values()]
