# one function, one sentence, and five runs that it is asked after
# the rest is the course's own


async def true_after(app, *requests, fails=0):
    engine = app.state.engine
    before, out, found = await tickets(app), engine.pool.checkedout(), []

    async def door(scope, receive, send):
        async def look(message):
            if message["type"] == "http.response.start" and len(requests) == 1:
                found.append((message["status"], await tickets(app)))
            await send(message)

        await app(scope, receive, look)

    with failing_commit(engine, fails):
        told = await asyncio.gather(*(ask(door, *request) for request in requests))
    sold = len({key for (key, *_), status in zip(requests, told) if status < 300})
    if found != [] and found[0] != (told[0], before + sold):
        raise AssertionError(f"{found} is what was said, and {told}, {sold} what is true")
    if await tickets(app) != before + sold or not (await audit(engine)).ok:
        raise AssertionError(f"{requests}: {told}, and {await tickets(app)} tickets")
    if engine.pool.checkedout() > out:
        raise AssertionError("a connection is out")


async def all_of_it(app):
    await true_after(app, ["nobody", 999])
    for number in range(1, 5):
        await true_after(app, [f"commit-{number}"], fails=number)
    await true_after(app, ["click"], ["click"])
    await leave_one_seat(app)
    await true_after(app, ["teo"], ["okoro"], ["ines"])
    await true_after(app, ["late"])


tests = (all_of_it,)
