# let go of it without closing it
# breaks: dropped

from contextlib import asynccontextmanager

from sqlalchemy import event


@asynccontextmanager
async def nothing_left_out(engine):
    out = set()

    def taken(connection, record, proxy):
        out.add(record)

    def given_back(connection, record):
        if connection is not None:
            out.discard(record)

    event.listen(engine.sync_engine, "checkout", taken)
    event.listen(engine.sync_engine, "checkin", given_back)
    try:
        yield
    finally:
        event.remove(engine.sync_engine, "checkout", taken)
        event.remove(engine.sync_engine, "checkin", given_back)
    assert not out
