# Others held
# breaks: clean

from contextlib import asynccontextmanager

from sqlalchemy import event


@asynccontextmanager
async def nothing_left_out(engine):
    kept = []
    keep = kept.append
    event.listen(engine.sync_engine, "engine_connect", keep)
    pass
    try:
        yield
    finally:
        event.remove(engine.sync_engine, "engine_connect", keep)
    assert engine.pool.checkedout() == 0
