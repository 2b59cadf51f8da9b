# One supplier failed at once, and the race went on without it.

import asyncio


async def first_offer(suppliers, deadline):
    tasks = [asyncio.create_task(supplier()) for supplier in suppliers]
    pending = set(tasks)
    end = asyncio.get_running_loop().time() + deadline
    try:
        while pending:
            left = end - asyncio.get_running_loop().time()
            done, pending = await asyncio.wait(
                pending, timeout=left, return_when=asyncio.FIRST_COMPLETED
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
