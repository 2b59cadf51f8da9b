# the pause stands within `async with Session()`, after the rollback

import asyncio
from random import uniform


async def retrying(Session, work, then, *, attempts, not_now, sleep=asyncio.sleep):
    for number in range(attempts):
        async with Session() as session:
            try:
                async with session.begin():
                    result = await work(session)
            except Exception as error:
                if number == attempts - 1 or not not_now(error):
                    raise
                await sleep(0.01 * (1 + uniform(0, 1)) * 2**number)
            else:
                await then(result)
                return result
