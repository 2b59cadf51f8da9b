# With `attempts=1` and a work that is refused each time, the work was done
# breaks: bound

import asyncio
from random import uniform


async def retrying(Session, work, then, *, attempts, not_now, sleep=asyncio.sleep):
    number = 0
    while True:
        number += 1
        try:
            async with Session.begin() as session:
                result = await work(session)
            break
        except Exception as error:
            if not not_now(error):
                raise
            await sleep(uniform(0, 0.02 * 2**number))
    await then(result)
    return result
