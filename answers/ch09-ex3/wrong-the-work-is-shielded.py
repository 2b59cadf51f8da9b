# begin_anew ended, and what it had begun went on
# breaks: once
# the rest is the course's own


async def begin_anew(Session, work, then, attempts, sleep=asyncio.sleep):
    async def one():
        async with Session.begin() as session:
            return await work(session)

    for attempt in range(1, attempts + 1):
        try:
            result = await asyncio.shield(one())
            break
        except DBAPIError as error:
            code = getattr(error.orig, "sqlstate", None)
            if attempt == attempts or code not in TAKEN_BACK:
                raise
        await sleep(uniform(0, min(1.0, 0.01 * 2**attempt)))
    await then(result)
    return result
