# a queue and five clerks

import asyncio


async def price_all(seats, fetch, limit):
    prices = [None] * len(seats)
    left = iter(enumerate(seats))

    async def clerk():
        for place, seat in left:
            prices[place] = await fetch(seat)

    async with asyncio.TaskGroup() as group:
        for _ in range(limit):
            group.create_task(clerk())
    return prices
