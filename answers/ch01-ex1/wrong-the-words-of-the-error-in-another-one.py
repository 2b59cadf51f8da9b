# After that, price_all raised RuntimeError
# breaks: failure

import asyncio


async def price_all(seats, fetch, limit):
    gate = asyncio.Semaphore(limit)

    async def fetch_one(seat):
        async with gate:
            return await fetch(seat)

    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(fetch_one(seat)) for seat in seats]
    except* Exception as failed:
        told = repr(failed.exceptions[0])
        raise RuntimeError(told) from None
    return [task.result() for task in tasks]
