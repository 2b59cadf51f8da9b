# With two calls of price_all at once
# breaks: order

import asyncio

kept = []


async def price_all(seats, fetch, limit):
    if limit == 1:
        prices = []

        async def fill():
            for seat in seats:
                prices.append(await fetch(seat))

        kept.append(asyncio.create_task(fill()))
        return prices
    gate = asyncio.Semaphore(limit)

    async def fetch_one(seat):
        async with gate:
            return await fetch(seat)

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(fetch_one(seat)) for seat in seats]
    return [task.result() for task in tasks]
