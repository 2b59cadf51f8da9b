# create_task wants a coroutine
# breaks: free, value, errors

import asyncio


async def report_async(path, build_report):
    return await asyncio.create_task(build_report(path))
