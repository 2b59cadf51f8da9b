# the pool keeps none to count
# breaks: overflow

from contextlib import asynccontextmanager

from sqlalchemy import event


@asynccontextmanager
async def nothing_left_out(engine):
    kept = []
    keep = kept.append
    event.listen(engine.sync_engine, "engine_connect", keep)
    before = engine.pool.size() - engine.pool.checkedin()
    try:
        yield
    finally:
        event.remove(engine.sync_engine, "engine_connect", keep)
    assert engine.pool.size() - engine.pool.checkedin() <= before
