# build_report was called with
# breaks: value

import asyncio


async def report_async(path, build_report):
    await asyncio.to_thread(build_report, path)
    return await asyncio.to_thread(build_report, path)
