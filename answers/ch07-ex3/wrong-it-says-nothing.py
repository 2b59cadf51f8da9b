# held by somebody: the block ended without an error
# breaks: out

from contextlib import asynccontextmanager


@asynccontextmanager
async def nothing_left_out(engine):
    yield
    engine.pool.status()
