# that very one; retrying raised TimeoutError: too many at once
# breaks: bound

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
                raise
            if number == attempts:
                raise TimeoutError("too many at once") from error
        await sleep(uniform(0, 0.02 * 2**number))
    await then(result)
    return result
