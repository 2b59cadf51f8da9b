# it calls itself with one attempt less, and with a longer pause

import asyncio
from random import uniform


async def retrying(Session, work, then, *, attempts, not_now, sleep=asyncio.sleep):
    async def from_here(left, longest):
        try:
            async with Session() as session, session.begin():
                result = await work(session)
        except Exception as error:
            if left == 1 or not not_now(error):
                raise
        else:
            return result
        await sleep(longest / 2 + uniform(0, longest / 2))
        return await from_here(left - 1, longest * 2)

    result = await from_here(attempts, 0.05)
    await then(result)
    return result
