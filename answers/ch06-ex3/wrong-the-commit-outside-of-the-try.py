# the work was done once. retrying raised OperationalError
# breaks: anew

import asyncio
from random import uniform


async def retrying(Session, work, then, *, attempts, not_now, sleep=asyncio.sleep):
    for number in range(1, attempts + 1):
        async with Session() as session:
            try:
                result = await work(session)
            except Exception as error:
                await session.rollback()
                if number == attempts or not not_now(error):
                    raise
                await sleep(uniform(0, 0.02 * 2**number))
                continue
            await session.commit()
        await then(result)
        return result
