# a thread and a future by hand

import asyncio
import threading


def report_async(path, build_report):
    loop = asyncio.get_running_loop()
    future = loop.create_future()

    def work():
        try:
            result = build_report(path)
        except BaseException as error:
            loop.call_soon_threadsafe(future.set_exception, error)
        else:
            loop.call_soon_threadsafe(future.set_result, result)

    threading.Thread(target=work).start()
    return future
