# the loop was frozen all the same
# breaks: free
# never told: async def alone

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor


async def report_async(path, build_report):
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(build_report, path)
        while not future.done():
            time.sleep(0.1)
            await asyncio.sleep(0)
        return future.result()
