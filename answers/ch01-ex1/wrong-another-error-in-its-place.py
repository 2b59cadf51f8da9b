# After that, price_all raised RuntimeError: no price
# breaks: failure

import asyncio


async def price_all(seats, fetch, limit):
    gate = asyncio.Semaphore(limit)

    async def one(seat):
        async with gate:
            return await fetch(seat)

    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one(seat)) for seat in seats]
    except ExceptionGroup as failed:
        raise RuntimeError("no price") from failed
    return [task.result() for task in tasks]
