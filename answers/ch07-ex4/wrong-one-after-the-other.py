# seen the same free seat
# breaks: oversold
# the rest is the course's own


async def two_want_the_last_seat(app):
    await leave_one_seat(app)
    assert await ask(app, "teo") == 201
    assert await ask(app, "okoro") == 409
    assert (await audit(app.state.engine)).ok


tests[1] = two_want_the_last_seat
