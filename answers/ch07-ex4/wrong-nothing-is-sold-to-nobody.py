# what was looked at after that?
# breaks: swallowed
# the rest is the course's own


async def nobody_buys_nothing(app):
    before = await tickets(app)
    await ask(app, "nobody", guest=999)
    assert await tickets(app) == before


tests[3] = nobody_buys_nothing
