# calls itself with one attempt less, and twice the pause

import asyncio
from random import uniform

from sqlalchemy.exc import DBAPIError


def taken_back(error):
    return getattr(error.orig, "sqlstate", None) in ("40001", "40P01")


async def committed(Session, work, attempts, sleep, pause):
    try:
        async with Session() as session, session.begin():
            return await work(session)
    except Exception as error:
        if attempts == 1 or not isinstance(error, DBAPIError) or not taken_back(error):
            raise
    await sleep(uniform(pause / 2, pause))
    return await committed(Session, work, attempts - 1, sleep, 2 * pause)


async def begin_anew(Session, work, then, attempts, sleep=asyncio.sleep):
    result = await committed(Session, work, attempts, sleep, 0.01)
    await then(result)
    return result
