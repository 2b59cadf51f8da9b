# With two calls of price_all at once
# breaks: together
# never told: batch

import asyncio

flying = 0


async def price_all(seats, fetch, limit):
    async def one(seat):
        global flying
        while flying >= limit:
            await asyncio.sleep(0)
        flying += 1
        try:
            return await fetch(seat)
        finally:
            flying -= 1

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one(seat)) for seat in seats]
    return [task.result() for task in tasks]
