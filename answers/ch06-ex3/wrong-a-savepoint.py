# It comes so in this order
# breaks: anew, released

import asyncio
from random import uniform


async def retrying(Session, work, then, *, attempts, not_now, sleep=asyncio.sleep):
    async with Session.begin() as session:
        for number in range(1, attempts + 1):
            try:
                async with session.begin_nested():
                    result = await work(session)
                break
            except Exception as error:
                if number == attempts or not not_now(error):
                    raise
                await sleep(uniform(0, 0.02 * 2**number))
    await then(result)
    return result
