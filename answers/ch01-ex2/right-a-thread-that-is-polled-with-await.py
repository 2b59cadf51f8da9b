# a thread that is looked at with await between

import asyncio
from concurrent.futures import ThreadPoolExecutor


async def report_async(path, build_report):
    with ThreadPoolExecutor() as pool:
        future = pool.submit(build_report, path)
        while not future.done():
            await asyncio.sleep(0.001)
        return future.result()
