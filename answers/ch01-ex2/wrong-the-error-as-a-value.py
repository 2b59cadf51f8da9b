# The caller must hear of it
# breaks: errors

import asyncio


async def report_async(path, build_report):
    (report,) = await asyncio.gather(asyncio.to_thread(build_report, path), return_exceptions=True)
    return report
