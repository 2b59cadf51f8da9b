# The caller must hear of it
# breaks: errors
# the rest is the course's own


async def report_async(path, build_report):
    try:
        return await asyncio.to_thread(build_report, path)
    except Exception:
        return await asyncio.to_thread(build_report, path)
