# still in flight after price_all had ended with an error, and nobody stopped them
# breaks: tidy

import asyncio


async def price_all(seats, fetch, limit):
    gate = asyncio.Semaphore(limit)

    async def one(seat):
        async with gate:
            return await fetch(seat)

    return await asyncio.gather(*(one(seat) for seat in seats))
