# and then adds one to `sold`
# breaks: oversold
# the rest is the course's own


async def two_come_at_once(app):
    assert await asyncio.gather(ask(app, "teo"), ask(app, "okoro")) == [201, 201]
    assert (await audit(app.state.engine)).ok


tests[1] = two_come_at_once
