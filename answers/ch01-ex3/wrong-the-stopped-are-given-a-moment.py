# still putting things away when first_offer returned
# breaks: losers

import asyncio


async def first_offer(suppliers, deadline):
    tasks = [asyncio.create_task(supplier()) for supplier in suppliers]
    try:
        done, _ = await asyncio.wait(tasks, timeout=deadline, return_when=asyncio.FIRST_COMPLETED)
        return done.pop().result() if done else None
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks, timeout=0.08)
