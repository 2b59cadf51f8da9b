# first_offer returned an offer that came
# breaks: deadline
# never told: waited on

import asyncio


async def first_offer(suppliers, deadline):
    tasks = [asyncio.create_task(supplier()) for supplier in suppliers]
    try:
        done, _ = await asyncio.wait(
            tasks, timeout=deadline * 1000, return_when=asyncio.FIRST_COMPLETED
        )
        return done.pop().result() if done else None
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
