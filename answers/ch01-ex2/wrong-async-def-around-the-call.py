# async def alone does not make blocking code wait politely
# breaks: free


async def report_async(path, build_report):
    return build_report(path)
