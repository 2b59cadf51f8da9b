# let go of it without closing it
# breaks: dropped

from contextlib import asynccontextmanager


@asynccontextmanager
async def nothing_left_out(engine):
    before = engine.pool.checkedout()
    yield
    assert engine.pool.checkedout() <= before
