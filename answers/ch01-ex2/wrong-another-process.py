# A thread takes it as it is
# breaks: free, value, errors
# never told: pickle

import asyncio
from concurrent.futures import ProcessPoolExecutor


async def report_async(path, build_report):
    with ProcessPoolExecutor(1) as pool:
        return await asyncio.get_running_loop().run_in_executor(pool, build_report, path)
