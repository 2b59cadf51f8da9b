# Before attempt 2 there was no pause, or one of 0 s
# breaks: pauses

import asyncio


async def retrying(Session, work, then, *, attempts, not_now, sleep=asyncio.sleep):
    for number in range(1, attempts + 1):
        try:
            async with Session.begin() as session:
                result = await work(session)
            break
        except Exception as error:
            if number == attempts or not not_now(error):
                raise
        await sleep(0)
    await then(result)
    return result
