# The prices are all there, in another order
# breaks: order, tidy

import asyncio


async def price_all(seats, fetch, limit):
    gate = asyncio.Semaphore(limit)

    async def one(seat):
        async with gate:
            return await fetch(seat)

    return [await first for first in asyncio.as_completed([one(seat) for seat in seats])]
