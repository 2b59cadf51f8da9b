# It is neither 40001 nor 40P01: it comes out at once
# breaks: once

import asyncio
from random import uniform

from sqlalchemy.exc import DBAPIError


def taken_back(error):
    return "could not serialize" in str(error) or "deadlock detected" in str(error)


async def begin_anew(Session, work, then, attempts, sleep=asyncio.sleep):
    for attempt in range(1, attempts + 1):
        try:
            async with Session.begin() as session:
                result = await work(session)
            break
        except DBAPIError as error:
            if attempt == attempts or not taken_back(error):
                raise
        await sleep(uniform(0, 0.01 * 2**attempt))
    await then(result)
    return result
