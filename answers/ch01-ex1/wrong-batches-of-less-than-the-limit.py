# At most 2 calls were in flight; the supplier allows 5
# breaks: together, limit

import asyncio


async def price_all(seats, fetch, limit):
    prices = []
    for start in range(0, len(seats), 2):
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(fetch(seat)) for seat in seats[start : start + 2]]
        prices += [task.result() for task in tasks]
    return prices
