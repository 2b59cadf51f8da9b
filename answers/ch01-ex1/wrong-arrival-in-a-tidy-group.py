# The prices are all there, in another order
# breaks: order
# never told: gather

import asyncio


async def price_all(seats, fetch, limit):
    gate, prices = asyncio.Semaphore(limit), []

    async def one(seat):
        async with gate:
            prices.append(await fetch(seat))

    async with asyncio.TaskGroup() as group:
        for seat in seats:
            group.create_task(one(seat))
    return prices
