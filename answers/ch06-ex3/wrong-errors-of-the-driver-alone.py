# the work raised a StaleDataError once, the work was done once
# breaks: anew

import asyncio
from random import uniform

from sqlalchemy.exc import DBAPIError


async def retrying(Session, work, then, *, attempts, not_now, sleep=asyncio.sleep):
    for number in range(1, attempts + 1):
        try:
            async with Session.begin() as session:
                result = await work(session)
            break
        except DBAPIError as error:
            if number == attempts or not not_now(error):
                raise
        await sleep(uniform(0, 0.02 * 2**number))
    await then(result)
    return result
