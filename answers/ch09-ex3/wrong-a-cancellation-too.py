# the task was cancelled while the work waited
# breaks: once

import asyncio
from random import uniform


def taken_back(error):
    if isinstance(error, asyncio.CancelledError):
        return True
    return getattr(getattr(error, "orig", None), "sqlstate", None) in ("40001", "40P01")


async def begin_anew(Session, work, then, attempts, sleep=asyncio.sleep):
    for attempt in range(1, attempts + 1):
        try:
            async with Session.begin() as session:
                result = await work(session)
            break
        except BaseException as error:
            if attempt == attempts or not taken_back(error):
                raise
        await sleep(uniform(0, 0.01 * 2**attempt))
    await then(result)
    return result
