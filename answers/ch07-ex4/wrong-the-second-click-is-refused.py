# What does it ask for that was not promised?
# breaks: right
# the rest is the course's own


async def one_clicks_twice(app):
    assert await ask(app, "click") == 201
    assert await ask(app, "click") == 409


tests[2] = one_clicks_twice
