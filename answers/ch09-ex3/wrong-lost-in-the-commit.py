# Here the COMMIT had been done, and 2 orders are stored
# breaks: unknown

import asyncio
from random import uniform

from sqlalchemy.exc import DBAPIError


def taken_back(error):
    at_commit = error.connection_invalidated and not error.statement
    return at_commit or getattr(error.orig, "sqlstate", None) in ("40001", "40P01")


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
