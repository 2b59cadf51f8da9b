# cancel() only asks; await what you cancelled
# breaks: tidy
# never told: nobody had told

import asyncio


async def price_all(seats, fetch, limit):
    gate = asyncio.Semaphore(limit)

    async def one(seat):
        async with gate:
            return await fetch(seat)

    tasks = [asyncio.create_task(one(seat)) for seat in seats]
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
