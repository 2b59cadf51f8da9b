# that is nearly the same
# breaks: pauses

import asyncio
from random import uniform


async def retrying(Session, work, then, attempts, not_now, sleep=asyncio.sleep):
    for attempt in range(1, attempts + 1):
        try:
            async with Session.begin() as session:
                result = await work(session)
            break
        except Exception as error:
            if attempt == attempts or not not_now(error):
                raise
        await sleep(0.05 * 2**attempt + uniform(0, 1e-6))
    await then(result)
    return result
