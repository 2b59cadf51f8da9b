# held by somebody: the block ended without an error
# breaks: out

import weakref
from contextlib import asynccontextmanager

from sqlalchemy import event


@asynccontextmanager
async def nothing_left_out(engine):
    taken = weakref.WeakSet()

    def keep(connection):
        taken.add(connection)

    event.listen(engine.sync_engine, "engine_connect", keep)
    try:
        yield
    finally:
        event.remove(engine.sync_engine, "engine_connect", keep)
    assert not any(one.closed and one.in_transaction() for one in taken)
