# When the work had returned None, and nothing failed, it was done
# breaks: again
# the rest is the course's own


async def begin_anew(Session, work, then, attempts, sleep=asyncio.sleep):
    result = None
    for attempt in range(1, attempts + 1):
        try:
            async with Session.begin() as session:
                result = await work(session)
            if result is not None:
                break
        except DBAPIError as error:
            code = getattr(error.orig, "sqlstate", None)
            if attempt == attempts or code not in TAKEN_BACK:
                raise
            await sleep(uniform(0, min(1.0, 0.01 * 2**attempt)))
    await then(result)
    return result
