# took one more from its overflow and left it out
# breaks: overflow

from contextlib import asynccontextmanager

from sqlalchemy import event


@asynccontextmanager
async def nothing_left_out(engine):
    kept = []
    keep = kept.append
    event.listen(engine.sync_engine, "engine_connect", keep)
    before = engine.pool.checkedin()
    try:
        yield
    finally:
        event.remove(engine.sync_engine, "engine_connect", keep)
    assert engine.pool.checkedin() >= before
