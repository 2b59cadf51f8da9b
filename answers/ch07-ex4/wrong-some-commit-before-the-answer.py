# commits the order in a background task
# breaks: late
# the rest is the course's own

from lantern import Wire


async def a_seat_is_sold_when_it_is_said(app):
    order = []

    def note(connection):
        order.append("COMMIT")

    event.listen(app.state.engine.sync_engine, "commit", note)
    await ask(Wire(app, order), "said")
    assert order[0] == "COMMIT"


tests[0] = a_seat_is_sold_when_it_is_said
