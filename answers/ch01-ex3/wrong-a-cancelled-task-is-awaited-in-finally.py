# worked on for nobody. A finally block runs in this case too: cancel and
# breaks: winner, deadline, losers, hang-up

import asyncio


async def first_offer(suppliers, deadline):
    tasks = [asyncio.create_task(supplier()) for supplier in suppliers]
    try:
        done, _ = await asyncio.wait(tasks, timeout=deadline, return_when=asyncio.FIRST_COMPLETED)
        return done.pop().result() if done else None
    finally:
        for task in tasks:
            task.cancel()
            await task
