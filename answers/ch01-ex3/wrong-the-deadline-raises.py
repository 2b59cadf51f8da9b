# so None is due. first_offer raised TimeoutError
# breaks: deadline

import asyncio


async def first_offer(suppliers, deadline):
    tasks = [asyncio.create_task(supplier()) for supplier in suppliers]
    try:
        async with asyncio.timeout(deadline):
            for first in asyncio.as_completed(tasks):
                return await first
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
