# asks how the driver's own class is called

import asyncio
from random import uniform

from sqlalchemy.exc import DBAPIError

TAKEN_BACK = {
    "SerializationError", "DeadlockDetectedError", "SerializationFailure", "DeadlockDetected",
}  # fmt: skip


def taken_back(error):
    return type(error.driver_exception).__name__ in TAKEN_BACK


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
