# and build_report was called with
# breaks: value, errors

import asyncio


async def report_async(path, build_report):
    return await asyncio.to_thread(build_report, path.lower())
