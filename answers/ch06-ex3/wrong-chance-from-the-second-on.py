# Pause number 1 took 0.01 s, 100 times out of 100
# breaks: pauses

import asyncio
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
        await sleep(uniform(0.01, 0.02 * 2**number) if number > 1 else 0.01)
    await then(result)
    return result
