# a further wait has only what is left of it
# breaks: deadline

import asyncio


async def first_offer(suppliers, deadline):
    offers = asyncio.Queue()

    async def ask(supplier):
        try:
            offers.put_nowait(await supplier())
        except ConnectionError:
            offers.put_nowait(None)

    tasks = {asyncio.create_task(ask(supplier)) for supplier in suppliers}
    try:
        for _ in suppliers:
            if (offer := await asyncio.wait_for(offers.get(), deadline)) is not None:
                return offer
    except TimeoutError:
        return None
    finally:
        while tasks:
            for task in tasks:
                task.cancel()
            _, tasks = await asyncio.wait(tasks)
