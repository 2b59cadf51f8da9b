# at once and gave all of them back: the block raised
# breaks: clean

from contextlib import asynccontextmanager

from sqlalchemy import event


@asynccontextmanager
async def nothing_left_out(engine):
    taken = []
    keep = taken.append
    event.listen(engine.sync_engine, "engine_connect", keep)
    try:
        yield
    finally:
        event.remove(engine.sync_engine, "engine_connect", keep)
    assert all(connection.closed for connection in taken)
    assert len(taken) <= engine.pool.size()
