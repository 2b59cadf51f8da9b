# You called build_report before handing it over
# breaks: free, value, errors
# never told: pickle

import asyncio


async def report_async(path, build_report):
    return await asyncio.get_running_loop().run_in_executor(None, build_report(path))
