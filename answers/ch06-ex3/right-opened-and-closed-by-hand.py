# a session by hand, `finally`, and `else` after the commit

import asyncio
from random import uniform


async def retrying(Session, work, then, *, attempts, not_now, sleep=asyncio.sleep):
    for number in range(1, attempts + 1):
        session = Session()
        try:
            result = await work(session)
            await session.commit()
        except Exception as error:
            if not not_now(error):
                raise
            last = error
        else:
            break
        finally:
            await session.close()
        if number == attempts:
            raise last
        await sleep(0.05 * number * uniform(0.5, 1.5))
    await then(result)
    return result
