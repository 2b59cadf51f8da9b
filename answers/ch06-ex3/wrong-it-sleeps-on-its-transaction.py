# a connection was held in the pause
# breaks: released

import asyncio
from random import uniform


async def retrying(Session, work, then, *, attempts, not_now, sleep=asyncio.sleep):
    for number in range(1, attempts + 1):
        async with Session() as session:
            try:
                result = await work(session)
                await session.commit()
            except Exception as error:
                if number == attempts or not not_now(error):
                    raise
                await sleep(uniform(0, 0.02 * 2**number))
            else:
                break
    await then(result)
    return result
