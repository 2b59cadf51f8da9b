# and text can't be awaited


async def report_async(path, build_report):
    return await build_report(path)
