# Leave the loop's thread alone, and await
# breaks: free

from concurrent.futures import ThreadPoolExecutor


async def report_async(path, build_report):
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(build_report, path).result()
