# build_report raised FileNotFoundError, and report_async returned ''. The caller must hear of it
# breaks: errors

import asyncio


async def report_async(path, build_report):
    try:
        return await asyncio.to_thread(build_report, path)
    except FileNotFoundError:
        return ""
