# At the end a connection was not given back when the task was cancelled
# breaks: released

import asyncio
from random import uniform


async def retrying(Session, work, then, *, attempts, not_now, sleep=asyncio.sleep):
    for number in range(1, attempts + 1):
        session = Session()
        try:
            result = await work(session)
            await session.commit()
        except Exception as error:
            await session.close()
            if number == attempts or not not_now(error):
                raise
        else:
            break
        await sleep(uniform(0, 0.02 * 2**number))
    await session.close()
    await then(result)
    return result
