# One supplier failed at once, and the race went on without it.

import asyncio


async def first_offer(suppliers, deadline):
    offers = asyncio.Queue()

    async def ask(supplier):
        offers.put_nowait(await supplier())

    tasks = {asyncio.create_task(ask(supplier)) for supplier in suppliers}
    try:
        return await asyncio.wait_for(offers.get(), deadline)
    except TimeoutError:
        return None
    finally:
        while tasks:
            for task in tasks:
                task.cancel()
            _, tasks = await asyncio.wait(tasks)
