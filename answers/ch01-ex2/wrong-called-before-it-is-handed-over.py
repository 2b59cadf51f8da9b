# You called build_report before handing it over

import asyncio


async def report_async(path, build_report):
    return await asyncio.get_running_loop().run_in_executor(None, build_report(path))
