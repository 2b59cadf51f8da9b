# After that, report_async raised RuntimeError: no report
# breaks: errors

import asyncio


async def report_async(path, build_report):
    try:
        return await asyncio.to_thread(build_report, path)
    except Exception as error:
        raise RuntimeError("no report") from error
