# an executor of its own

import asyncio
from concurrent.futures import ThreadPoolExecutor


async def report_async(path, build_report):
    with ThreadPoolExecutor(1) as pool:
        return await asyncio.get_running_loop().run_in_executor(pool, build_report, path)
