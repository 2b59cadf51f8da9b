# The loop was frozen before build_report began
# breaks: free
# never told: async def alone
# never told: join()

import asyncio
import time


async def report_async(path, build_report):
    time.sleep(0.7)
    return await asyncio.to_thread(build_report, path)
