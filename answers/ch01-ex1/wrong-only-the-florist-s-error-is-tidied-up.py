# nobody had told them to stop
# breaks: tidy

import asyncio


async def price_all(seats, fetch, limit):
    gate = asyncio.Semaphore(limit)

    async def one(seat):
        async with gate:
            return await fetch(seat)

    tasks = [asyncio.create_task(one(seat)) for seat in seats]
    try:
        return await asyncio.gather(*tasks)
    except ConnectionError:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        raise
