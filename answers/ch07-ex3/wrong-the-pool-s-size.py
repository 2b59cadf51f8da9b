# `pool.size()` is how many the pool may keep
# breaks: out

from contextlib import asynccontextmanager


@asynccontextmanager
async def nothing_left_out(engine):
    before = engine.pool.size()
    yield
    assert engine.pool.size() == before
