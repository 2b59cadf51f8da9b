# An empty report is a report
# breaks: value

import asyncio


async def report_async(path, build_report):
    return await asyncio.to_thread(build_report, path) or None
