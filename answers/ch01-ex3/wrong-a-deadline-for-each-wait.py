# a further wait has only what is left of it
# breaks: deadline

import asyncio


async def first_offer(suppliers, deadline):
    tasks = [asyncio.create_task(supplier()) for supplier in suppliers]
    pending = set(tasks)
    try:
        while pending:
            done, pending = await asyncio.wait(
                pending, timeout=deadline, return_when=asyncio.FIRST_COMPLETED
            )
            if not done:
                return None
            for task in done:
                if not task.exception():
                    return task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
