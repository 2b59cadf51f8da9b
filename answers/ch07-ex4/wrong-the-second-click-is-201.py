# What does it ask for that was not promised?
# breaks: right
# the rest is the course's own


async def one_clicks_twice(app):
    before = await tickets(app)
    assert await asyncio.gather(ask(app, "click"), ask(app, "click")) == [201, 201]
    assert await tickets(app) == before + 1


tests[2] = one_clicks_twice
