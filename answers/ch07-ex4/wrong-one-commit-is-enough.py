# greets the guest in a transaction of its own
# breaks: right
# the rest is the course's own


async def it_is_one_transaction(app):
    with failing_commit(app.state.engine, 0) as commits:
        await ask(app, "one")
    assert len(commits) == 1


tests[4] = it_is_one_transaction
