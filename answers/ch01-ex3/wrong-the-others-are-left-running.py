# still working when first_offer returned, and nobody had told them
# breaks: losers, hang-up
# never told: cancel() only asks

import asyncio


async def first_offer(suppliers, deadline):
    tasks = [asyncio.create_task(supplier()) for supplier in suppliers]
    done, _ = await asyncio.wait(tasks, timeout=deadline, return_when=asyncio.FIRST_COMPLETED)
    return done.pop().result() if done else None
