# the classes of the errors that SQLite's driver raises are written down, and `not_now` asked then
# on PostgreSQL: this is a plain `DBAPIError`, and no `OperationalError`

import asyncio
from random import uniform

from sqlalchemy.exc import OperationalError
from sqlalchemy.orm.exc import StaleDataError


async def retrying(Session, work, then, attempts, not_now, sleep=asyncio.sleep):
    for attempt in range(1, attempts + 1):
        try:
            async with Session.begin() as session:
                result = await work(session)
            break
        except (OperationalError, StaleDataError) as error:
            if attempt == attempts or not not_now(error):
                raise
        await sleep(uniform(0, 0.05 * 2**attempt))
    await then(result)
    return result
