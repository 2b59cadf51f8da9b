# in time for a deadline of 60 s; first_offer returned None
# breaks: winner

import asyncio


async def first_offer(suppliers, deadline):
    tasks = [asyncio.create_task(supplier()) for supplier in suppliers]
    try:
        done, _ = await asyncio.wait(
            tasks, timeout=min(deadline, 10), return_when=asyncio.FIRST_COMPLETED
        )
        return done.pop().result() if done else None
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
