# The loop was frozen after build_report was over
# breaks: free
# never told: async def alone
# never told: join()

import asyncio
import time


async def report_async(path, build_report):
    report = await asyncio.to_thread(build_report, path)
    time.sleep(0.7)
    return report
