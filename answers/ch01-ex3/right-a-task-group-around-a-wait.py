# a task group around asyncio.wait

import asyncio


async def first_offer(suppliers, deadline):
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(supplier()) for supplier in suppliers]
        done, _ = await asyncio.wait(tasks, timeout=deadline, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()
    return done.pop().result() if done else None
