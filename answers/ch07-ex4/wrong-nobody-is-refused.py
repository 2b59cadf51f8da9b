# for each guest that it refuses
# breaks: leak
# the rest is the course's own


async def no_connection_is_left_out(app):
    before = app.state.engine.pool.checkedout()
    await asyncio.gather(*(ask(app, f"guest-{number}") for number in range(3)))
    assert app.state.engine.pool.checkedout() == before


tests[5] = no_connection_is_left_out
