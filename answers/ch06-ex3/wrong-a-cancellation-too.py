# The task was cancelled while the work waited: the work was done twice
# breaks: only

import asyncio
from random import uniform


async def retrying(Session, work, then, *, attempts, not_now, sleep=asyncio.sleep):
    for number in range(1, attempts + 1):
        try:
            async with Session.begin() as session:
                result = await work(session)
            break
        except BaseException as error:
            if number == attempts or not (
                isinstance(error, asyncio.CancelledError) or not_now(error)
            ):
                raise
        await sleep(uniform(0, 0.02 * 2**number))
    await then(result)
    return result
