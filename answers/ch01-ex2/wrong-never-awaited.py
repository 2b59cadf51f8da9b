# Was something started and never awaited?
# breaks: free, value, errors
# never told: pickle

import asyncio


async def report_async(path, build_report):
    return asyncio.to_thread(build_report, path)
