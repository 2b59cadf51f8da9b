# not a list of prices
# breaks: order, failure
import asyncio


async def price_all(seats, fetch, limit):
    gate = asyncio.Semaphore(limit)

    async def one(seat):
        async with gate:
            return await fetch(seat)

    prices = await asyncio.gather(*map(one, seats), return_exceptions=True)
    return sum(price for price in prices if isinstance(price, int))
