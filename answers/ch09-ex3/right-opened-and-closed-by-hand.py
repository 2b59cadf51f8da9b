# a session that is opened and closed by hand, in a function of its own

import asyncio
from random import uniform

from sqlalchemy.exc import DBAPIError


def taken_back(error):
    return getattr(error.orig, "sqlstate", None) in ("40001", "40P01")


async def once(Session, work):
    session = Session()
    try:
        result = await work(session)
        await session.commit()
        return result
    finally:
        await session.close()


async def begin_anew(Session, work, then, attempts, sleep=asyncio.sleep):
    made = 1
    while True:
        try:
            result = await once(Session, work)
        except DBAPIError as error:
            if made >= attempts or not taken_back(error):
                raise
        else:
            await then(result)
            return result
        await sleep(0.02 * made * (0.5 + uniform(0, 1)))
        made += 1
