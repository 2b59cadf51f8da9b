# answered at once, and first_offer went on waiting
# breaks: winner

import asyncio


async def first_offer(suppliers, deadline):
    try:
        async with asyncio.timeout(deadline), asyncio.TaskGroup() as group:
            tasks = [group.create_task(supplier()) for supplier in suppliers]
    except TimeoutError:
        return None
    return tasks[0].result()
