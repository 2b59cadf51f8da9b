# first_offer returned an offer that came 0.04 s after it
# breaks: deadline

import asyncio


async def first_offer(suppliers, deadline):
    tasks = [asyncio.create_task(supplier()) for supplier in suppliers]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        return done.pop().result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
