# a second request never comes to a barrier
# breaks: right, late, oversold, halves, swallowed, twice, leak
# the rest is the course's own

from sqlalchemy.util import await_only


async def two_at_the_barrier(app):
    barrier = asyncio.Barrier(2)

    def meet(connection, cursor, sql, *rest):
        if sql.startswith("INSERT INTO orders"):
            await_only(barrier.wait())

    await leave_one_seat(app)
    event.listen(app.state.engine.sync_engine, "before_cursor_execute", meet)
    told = await asyncio.gather(ask(app, "teo"), ask(app, "okoro"))
    assert sorted(told) == [201, 409]


tests[1] = two_at_the_barrier
