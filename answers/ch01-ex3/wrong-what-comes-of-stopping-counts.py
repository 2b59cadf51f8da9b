# had no offer until he was told to stop
# breaks: winner

import asyncio


async def first_offer(suppliers, deadline):
    offers = []

    async def ask(supplier):
        offers.append(await supplier())

    tasks = [asyncio.create_task(ask(supplier)) for supplier in suppliers]
    try:
        await asyncio.wait(tasks, timeout=deadline, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return offers[-1] if offers else None
