# has two seats, and pays for both
# breaks: twice
# the rest is the course's own


async def one_clicks_twice(app):
    told = await asyncio.gather(ask(app, "click"), ask(app, "click"))
    assert max(told) < 300


tests[2] = one_clicks_twice
