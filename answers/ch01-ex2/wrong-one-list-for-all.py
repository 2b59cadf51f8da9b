# Do the calls share a variable?
# breaks: value

import asyncio

reports = []


async def report_async(path, build_report):
    await asyncio.to_thread(lambda: reports.append(build_report(path)))
    return reports[0]
