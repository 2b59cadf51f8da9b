# what is held is not garbage
# breaks: out

import gc
import warnings
from contextlib import asynccontextmanager


@asynccontextmanager
async def nothing_left_out(engine):
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        yield
        gc.collect()
    assert not any("garbage collector" in str(one.message) for one in warned)
