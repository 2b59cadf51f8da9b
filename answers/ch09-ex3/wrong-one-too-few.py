# and a work that is refused each time, the work was done
# breaks: bound

import asyncio
from random import uniform

from sqlalchemy.exc import DBAPIError


def taken_back(error):
    return getattr(error.orig, "sqlstate", None) in ("40001", "40P01")


async def begin_anew(Session, work, then, attempts, sleep=asyncio.sleep):
    for attempt in range(1, attempts):
        try:
            async with Session.begin() as session:
                result = await work(session)
            break
        except DBAPIError as error:
            if attempt == attempts - 1 or not taken_back(error):
                raise
        await sleep(uniform(0, 0.01 * 2**attempt))
    await then(result)
    return result
