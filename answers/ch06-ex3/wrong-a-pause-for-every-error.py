# An INSERT was refused with an IntegrityError: there was a pause
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
            if number == attempts:
                raise
            await sleep(uniform(0, 0.02 * 2**number))
            if not not_now(error):
                raise
    await then(result)
    return result
