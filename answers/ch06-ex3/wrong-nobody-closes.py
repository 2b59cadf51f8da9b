# At the end a connection was not given back
# breaks: released
# on PostgreSQL: it does not hold either

import asyncio
from random import uniform


async def retrying(Session, work, then, *, attempts, not_now, sleep=asyncio.sleep):
    for number in range(1, attempts + 1):
        session = Session()
        try:
            result = await work(session)
            await session.commit()
            break
        except Exception as error:
            if not not_now(error):
                raise
            await session.rollback()
            if number == attempts:
                raise
        await sleep(uniform(0, 0.02 * 2**number))
    await then(result)
    return result
