# asyncio.wait refills a window of calls

import asyncio


async def price_all(seats, fetch, limit):
    prices, running, left = {}, {}, list(enumerate(seats))[::-1]
    try:
        while left or running:
            while left and len(running) < limit:
                place, seat = left.pop()
                running[asyncio.create_task(fetch(seat))] = place
            done, _ = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                prices[running.pop(task)] = task.result()
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
    return [prices[place] for place in range(len(seats))]
