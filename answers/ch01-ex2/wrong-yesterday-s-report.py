# Each call builds a report of its own
# breaks: value
# never told: share a variable

import asyncio

built = {}


async def report_async(path, build_report):
    key = path, build_report
    if key not in built:
        built[key] = asyncio.create_task(asyncio.to_thread(build_report, path))
    return await built[key]
