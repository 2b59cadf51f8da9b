# A batch that waits for its slowest call looks like this
# breaks: together
# never told: but serial

import asyncio


async def price_all(seats, fetch, limit):
    prices = []
    for start in range(0, len(seats), limit):
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(fetch(seat)) for seat in seats[start : start + limit]]
        prices += [task.result() for task in tasks]
    return prices
