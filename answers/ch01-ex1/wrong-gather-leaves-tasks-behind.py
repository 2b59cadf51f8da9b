# still in flight after the error, when price_all had ended, and nobody had told them to stop
# breaks: tidy

import asyncio


async def price_all(seats, fetch, limit):
    gate = asyncio.Semaphore(limit)

    async def one(seat):
        async with gate:
            return await fetch(seat)

    return await asyncio.gather(*(one(seat) for seat in seats))
