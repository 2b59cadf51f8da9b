# the thread pool that FastAPI uses

from fastapi.concurrency import run_in_threadpool


async def report_async(path, build_report):
    return await run_in_threadpool(build_report, path)
