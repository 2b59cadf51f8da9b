# as_completed under a timeout

import asyncio


async def first_offer(suppliers, deadline):
    tasks = [asyncio.create_task(supplier()) for supplier in suppliers]
    try:
        async with asyncio.timeout(deadline):
            for first in asyncio.as_completed(tasks):
                return await first
    except TimeoutError:
        return None
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
