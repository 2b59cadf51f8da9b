# answers an error with 503
# breaks: right
# the rest is the course's own


async def each_commit_fails_in_turn(app):
    for which in (1, 2, 3):
        with failing_commit(app.state.engine, which):
            assert await ask(app, f"commit-{which}") in (201, 500)
        assert (await audit(app.state.engine)).ok


tests[4] = each_commit_fails_in_turn
