# the COMMIT failed over
# breaks: again

import asyncio
from random import uniform

from sqlalchemy.exc import DBAPIError


def taken_back(error):
    return getattr(error.orig, "sqlstate", None) in ("40001", "40P01")


async def begin_anew(Session, work, then, attempts, sleep=asyncio.sleep):
    for attempt in range(1, attempts + 1):
        async with Session() as session:
            try:
                result = await work(session)
                refused = False
            except DBAPIError as error:
                if attempt == attempts or not taken_back(error):
                    raise
                refused = True
            if not refused:
                await session.commit()
                break
        await sleep(uniform(0, 0.01 * 2**attempt))
    await then(result)
    return result
