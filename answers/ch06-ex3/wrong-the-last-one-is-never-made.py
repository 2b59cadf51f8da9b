# With `attempts=1` and a work that is refused each time, the work was done in no attempt
# breaks: bound

import asyncio
from random import uniform


async def retrying(Session, work, then, *, attempts, not_now, sleep=asyncio.sleep):
    for number in range(1, attempts):
        try:
            async with Session.begin() as session:
                result = await work(session)
            break
        except Exception as error:
            if not not_now(error):
                raise
            last = error
        if number < attempts - 1:
            await sleep(uniform(0, 0.02 * 2**number))
    else:
        raise last
    await then(result)
    return result
