# looks for the key, asks the bank
# breaks: twice
# the rest is the course's own


async def one_clicks_twice(app):
    before = await tickets(app)
    await ask(app, "click")
    await ask(app, "click")
    assert await tickets(app) == before + 1


tests[2] = one_clicks_twice
