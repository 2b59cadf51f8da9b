# When do your tests look?
# breaks: late
# the rest is the course's own


async def a_seat_is_sold_when_it_is_said(app):
    before = await tickets(app)
    assert await ask(app, "said") == 201
    assert await tickets(app) == before + 1


tests[0] = a_seat_is_sold_when_it_is_said
