# The COMMIT was not sent, so nothing would be sold twice
# breaks: once

import asyncio
from random import uniform

from sqlalchemy.exc import DBAPIError


def taken_back(error):
    before_the_commit = error.connection_invalidated and error.statement
    return before_the_commit or getattr(error.orig, "sqlstate", None) in ("40001", "40P01")


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
