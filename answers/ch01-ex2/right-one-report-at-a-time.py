# an executor for all, with one thread

import asyncio
import functools
from concurrent.futures import ThreadPoolExecutor

archive = ThreadPoolExecutor(1)


async def report_async(path, build_report):
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(archive, functools.partial(build_report, path))
