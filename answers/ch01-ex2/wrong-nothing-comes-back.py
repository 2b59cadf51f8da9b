# report_async returned None instead of
# breaks: value
# never told: Do the calls share

import asyncio


async def report_async(path, build_report):
    await asyncio.to_thread(build_report, path)
