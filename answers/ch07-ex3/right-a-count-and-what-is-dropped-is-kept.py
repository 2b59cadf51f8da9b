# checkedout of two moments, and a list that only keeps

from contextlib import asynccontextmanager

from sqlalchemy import event


@asynccontextmanager
async def nothing_left_out(engine):
    kept = []
    keep = kept.append
    event.listen(engine.sync_engine, "engine_connect", keep)
    before = engine.pool.checkedout()
    try:
        yield
    finally:
        event.remove(engine.sync_engine, "engine_connect", keep)
    more = engine.pool.checkedout() - before
    if more > 0:
        raise AssertionError(f"{more} connections are out")
