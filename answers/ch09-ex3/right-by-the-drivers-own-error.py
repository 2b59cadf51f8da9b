# asks the driver's own error, and has a set of codes

import asyncio
from random import uniform

from sqlalchemy.exc import DBAPIError

TAKEN_BACK = {"40001", "40P01"}


def taken_back(error):
    driver = error.driver_exception
    return getattr(getattr(driver, "diag", driver), "sqlstate", "") in TAKEN_BACK


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
