# counts the seat in one transaction
# breaks: halves
# the rest is the course's own


async def a_commit_fails(app):
    with failing_commit(app.state.engine, 2):
        await ask(app, "commit")
    assert (await audit(app.state.engine)).ok


tests[4] = a_commit_fails
