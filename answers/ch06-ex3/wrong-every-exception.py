# An INSERT was refused with an IntegrityError: the work was done
# breaks: only

import asyncio
from random import uniform


async def retrying(Session, work, then, *, attempts, not_now, sleep=asyncio.sleep):
    for number in range(1, attempts + 1):
        try:
            async with Session.begin() as session:
                result = await work(session)
            break
        except Exception:
            if number == attempts:
                raise
        await sleep(uniform(0, 0.02 * 2**number))
    await then(result)
    return result
