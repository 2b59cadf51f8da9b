# which build_report gave
# breaks: value

import asyncio


async def report_async(path, build_report):
    return (await asyncio.to_thread(build_report, path)).strip()
