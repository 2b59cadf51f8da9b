# 20 calls were in flight at once; the supplier allows 5
# breaks: limit
# never told: gather

import asyncio


async def price_all(seats, fetch, limit):
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(fetch(seat)) for seat in seats]
    return [task.result() for task in tasks]
