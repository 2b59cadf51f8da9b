# catches the error of an INSERT inside of `begin()`
# breaks: swallowed
# the rest is the course's own


async def told_is_stored(app):
    for which in (1, 2, 3):
        before = await tickets(app)
        with failing_commit(app.state.engine, which):
            status = await ask(app, f"told-{which}")
        assert (status == 201) == (await tickets(app) == before + 1)


tests[3] = told_is_stored
