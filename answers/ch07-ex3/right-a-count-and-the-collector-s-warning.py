# checkedout of two moments, and what SQLAlchemy says when something is collected

import gc
import warnings
from contextlib import asynccontextmanager


@asynccontextmanager
async def nothing_left_out(engine):
    before = engine.pool.checkedout()
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        yield
        gc.collect()
    assert engine.pool.checkedout() == before
    assert not any("garbage collector" in str(one.message) for one in warned)
