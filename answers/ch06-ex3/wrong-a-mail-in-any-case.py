# `then` was called although no attempt had been committed
# breaks: then

import asyncio
from random import uniform


async def retrying(Session, work, then, *, attempts, not_now, sleep=asyncio.sleep):
    result = None
    try:
        for number in range(1, attempts + 1):
            try:
                async with Session.begin() as session:
                    result = await work(session)
                return result
            except Exception as error:
                if number == attempts or not not_now(error):
                    raise
            await sleep(uniform(0, 0.02 * 2**number))
    finally:
        await then(result)
