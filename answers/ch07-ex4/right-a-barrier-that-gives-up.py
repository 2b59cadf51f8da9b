# a barrier before the INSERT, which lets go after a while
# the rest is the course's own

from sqlalchemy.util import await_only


async def two_at_the_barrier(app):
    barrier = asyncio.Barrier(2)

    async def meet_or_go_on():
        try:
            async with asyncio.timeout(0.2):
                await barrier.wait()
        except (TimeoutError, asyncio.BrokenBarrierError):
            pass

    def meet(connection, cursor, sql, *rest):
        if sql.startswith("INSERT INTO orders"):
            await_only(meet_or_go_on())

    await leave_one_seat(app)
    event.listen(app.state.engine.sync_engine, "before_cursor_execute", meet)
    told = await asyncio.gather(ask(app, "teo"), ask(app, "okoro"))
    assert sorted(told) == [201, 409]
    assert (await audit(app.state.engine)).ok


tests[1] = two_at_the_barrier
