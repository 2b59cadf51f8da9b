# build_report ran in another thread, and the loop was frozen all the same
# breaks: free, errors

import threading


async def report_async(path, build_report):
    reports = []
    thread = threading.Thread(target=lambda: reports.append(build_report(path)))
    thread.start()
    thread.join()
    return reports[0]
