# retrying raised RuntimeError: it will not work
# breaks: only

import asyncio
from random import uniform


async def retrying(Session, work, then, *, attempts, not_now, sleep=asyncio.sleep):
    for number in range(1, attempts + 1):
        try:
            async with Session.begin() as session:
                result = await work(session)
            break
        except Exception as error:
            if not not_now(error):
                raise RuntimeError("it will not work") from error
            if number == attempts:
                raise
        await sleep(uniform(0, 0.02 * 2**number))
    await then(result)
    return result
