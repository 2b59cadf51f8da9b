# one attempt is a function that returns its error

import asyncio
import random


def decorrelated(base=0.01, cap=2.0):
    pause = base
    while True:
        pause = min(cap, random.uniform(base, pause * 3))
        yield pause


async def once(Session, work, not_now):
    try:
        async with Session.begin() as session:
            return await work(session), None
    except Exception as error:
        if not_now(error):
            return None, error
        raise


async def retrying(Session, work, then, *, attempts, not_now, sleep=asyncio.sleep):
    pauses = decorrelated()
    for left in reversed(range(attempts)):
        result, error = await once(Session, work, not_now)
        if error is None:
            await then(result)
            return result
        if left:
            await sleep(next(pauses))
    raise error
