# and text can't be awaited
# breaks: free, value, errors


async def report_async(path, build_report):
    return await build_report(path)
