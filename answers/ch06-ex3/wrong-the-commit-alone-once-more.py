# the COMMIT was refused, with `database is locked` once, the work was done once in place of twice
# breaks: anew

import asyncio
from random import uniform


async def commit(session, not_now):
    try:
        await session.commit()
    except Exception as error:
        await session.rollback()
        if not not_now(error):
            raise
        await session.commit()


async def retrying(Session, work, then, *, attempts, not_now, sleep=asyncio.sleep):
    for number in range(1, attempts + 1):
        try:
            async with Session() as session:
                result = await work(session)
                await commit(session, not_now)
            break
        except Exception as error:
            if number == attempts or not not_now(error):
                raise
        await sleep(uniform(0, 0.02 * 2**number))
    await then(result)
    return result
