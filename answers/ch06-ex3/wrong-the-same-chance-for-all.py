# two who are refused together come back together
# breaks: pauses

import asyncio
from random import Random


async def retrying(Session, work, then, *, attempts, not_now, sleep=asyncio.sleep):
    chance = Random(attempts)
    for number in range(1, attempts + 1):
        try:
            async with Session.begin() as session:
                result = await work(session)
            break
        except Exception as error:
            if number == attempts or not not_now(error):
                raise
        await sleep(0.01 * 2**number * chance.random())
    await then(result)
    return result
