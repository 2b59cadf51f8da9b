# its error stands among the prices
# breaks: failure

import asyncio


async def price_all(seats, fetch, limit):
    gate = asyncio.Semaphore(limit)

    async def one(seat):
        async with gate:
            return await fetch(seat)

    return await asyncio.gather(*(one(seat) for seat in seats), return_exceptions=True)
