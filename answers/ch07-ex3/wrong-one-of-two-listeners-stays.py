# what you had put on `checkin` still listened
# breaks: gone

from contextlib import asynccontextmanager

from sqlalchemy import event


@asynccontextmanager
async def nothing_left_out(engine):
    out = 0

    def taken(*_):
        nonlocal out
        out += 1

    def given_back(*_):
        nonlocal out
        out -= 1

    event.listen(engine.sync_engine, "checkout", taken)
    event.listen(engine.sync_engine, "checkin", given_back)
    try:
        yield
    finally:
        event.remove(engine.sync_engine, "checkout", taken)
    assert out == 0
