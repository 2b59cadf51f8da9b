# the pool's events, counted for each of its records

from collections import Counter
from contextlib import asynccontextmanager

from sqlalchemy import event


@asynccontextmanager
async def nothing_left_out(engine):
    out = Counter()

    def taken(connection, record, proxy):
        out[record] += 1

    def given_back(connection, record):
        out[record] -= 1

    event.listen(engine.sync_engine, "checkout", taken)
    event.listen(engine.sync_engine, "checkin", given_back)
    try:
        yield
    finally:
        event.remove(engine.sync_engine, "checkout", taken)
        event.remove(engine.sync_engine, "checkin", given_back)
    assert not +out, f"{out.total()} left out"
