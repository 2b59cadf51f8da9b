# `then` raised a ConnectionRefusedError, after the commit: this was to come out
# breaks: then

import asyncio
import contextlib
from random import uniform


async def retrying(Session, work, then, *, attempts, not_now, sleep=asyncio.sleep):
    for number in range(1, attempts + 1):
        try:
            async with Session.begin() as session:
                result = await work(session)
            break
        except Exception as error:
            if number == attempts or not not_now(error):
                raise
        await sleep(uniform(0, 0.02 * 2**number))
    with contextlib.suppress(OSError):
        await then(result)
    return result
