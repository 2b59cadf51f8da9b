# first_offer raised CancelledError. Awaiting a task that you cancelled raises it: collect
# breaks: winner, deadline, losers, hang-up

import asyncio


async def first_offer(suppliers, deadline):
    tasks = [asyncio.create_task(supplier()) for supplier in suppliers]
    done, pending = await asyncio.wait(tasks, timeout=deadline, return_when=asyncio.FIRST_COMPLETED)
    for task in pending:
        task.cancel()
    await asyncio.gather(*pending)
    return done.pop().result() if done else None
