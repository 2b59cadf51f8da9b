# AnyIO's threads

import anyio


async def report_async(path, build_report):
    return await anyio.to_thread.run_sync(build_report, path)
