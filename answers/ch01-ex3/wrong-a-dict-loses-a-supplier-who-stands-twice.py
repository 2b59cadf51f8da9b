# stands twice in the list
# breaks: losers, hang-up

import asyncio


async def first_offer(suppliers, deadline):
    tasks = {supplier: asyncio.create_task(supplier()) for supplier in suppliers}
    try:
        done, _ = await asyncio.wait(
            tasks.values(), timeout=deadline, return_when=asyncio.FIRST_COMPLETED
        )
        return done.pop().result() if done else None
    finally:
        for task in tasks.values():
            task.cancel()
        await asyncio.gather(*tasks.values(), return_exceptions=True)
