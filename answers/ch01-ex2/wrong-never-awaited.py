# Was something started and never awaited?

import asyncio


async def report_async(path, build_report):
    return asyncio.to_thread(build_report, path)
