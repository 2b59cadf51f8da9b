# a counter that is polled by the clock

import asyncio


async def price_all(seats, fetch, limit):
    flying = 0

    async def one(seat):
        nonlocal flying
        while flying >= limit:
            await asyncio.sleep(0.001)
        flying += 1
        try:
            return await fetch(seat)
        finally:
            flying -= 1

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one(seat)) for seat in seats]
    return [task.result() for task in tasks]
