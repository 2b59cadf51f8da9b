# A list with a hole in it is a wrong bill
# breaks: failure
# never told: return_exceptions

import asyncio


async def price_all(seats, fetch, limit):
    gate = asyncio.Semaphore(limit)

    async def one(seat):
        async with gate:
            try:
                return await fetch(seat)
            except Exception:
                return None

    return await asyncio.gather(*(one(seat) for seat in seats))
