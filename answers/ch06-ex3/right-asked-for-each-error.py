# each exception is caught, asked what it is, and raised again

import asyncio
from random import uniform


async def retrying(Session, work, then, *, attempts, not_now, sleep=asyncio.sleep):
    number = 0
    while True:
        number += 1
        try:
            async with Session() as session:
                try:
                    result = await work(session)
                    await session.commit()
                except BaseException:
                    await session.rollback()
                    raise
        except BaseException as error:
            if number >= attempts or not isinstance(error, Exception) or not not_now(error):
                raise
            await sleep(0.01 * 2**number + uniform(0, 0.01))
            continue
        await then(result)
        return result
