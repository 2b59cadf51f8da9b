# keeps a session for each seat that it sells
# breaks: leak
# the rest is the course's own


async def no_connection_is_left_out(app):
    await leave_one_seat(app)
    before = app.state.engine.pool.size()
    assert [await ask(app, key) for key in ("last", "late")] == [201, 409]
    assert app.state.engine.pool.size() == before


tests[5] = no_connection_is_left_out
