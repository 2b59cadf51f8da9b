# asyncio.Queue, and the group's only error is taken out

import asyncio


async def price_all(seats, fetch, limit):
    queue = asyncio.Queue()
    for numbered in enumerate(seats):
        queue.put_nowait(numbered)
    prices = [0] * len(seats)

    async def worker():
        while not queue.empty():
            place, seat = queue.get_nowait()
            prices[place] = await fetch(seat)

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(min(limit, len(seats))):
                group.create_task(worker())
    except ExceptionGroup as failed:
        raise failed.exceptions[0] from None
    return prices
