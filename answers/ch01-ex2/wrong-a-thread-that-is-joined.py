# build_report ran in another thread, and the loop's thread waited for it
# breaks: free, errors

import threading


async def report_async(path, build_report):
    reports = []
    thread = threading.Thread(target=lambda: reports.append(build_report(path)))
    thread.start()
    thread.join()
    return reports[0]
