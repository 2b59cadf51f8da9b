# a task group around to_thread, with the error taken out

import asyncio


async def report_async(path, build_report):
    try:
        async with asyncio.TaskGroup() as group:
            task = group.create_task(asyncio.to_thread(build_report, path))
    except ExceptionGroup as failed:
        raise failed.exceptions[0] from None
    return task.result()
