# 20 calls were in flight at once; the supplier allows 5
# breaks: limit, tidy

import asyncio


async def price_all(seats, fetch, limit):
    return await asyncio.gather(*(fetch(seat) for seat in seats))
