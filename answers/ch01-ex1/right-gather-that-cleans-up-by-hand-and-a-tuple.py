# gather that cleans up by hand, and a tuple

import asyncio


async def price_all(seats, fetch, limit):
    gate = asyncio.Semaphore(limit)

    async def one(seat):
        async with gate:
            return await fetch(seat)

    tasks = [asyncio.ensure_future(one(seat)) for seat in seats]
    try:
        return tuple(await asyncio.gather(*tasks))
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
