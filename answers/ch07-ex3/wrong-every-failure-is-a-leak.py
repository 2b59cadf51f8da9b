# was not its own error
# breaks: told

from contextlib import asynccontextmanager

from sqlalchemy import event


@asynccontextmanager
async def nothing_left_out(engine):
    taken = []
    keep = taken.append
    event.listen(engine.sync_engine, "engine_connect", keep)
    well = False
    try:
        yield
        well = True
    finally:
        event.remove(engine.sync_engine, "engine_connect", keep)
        assert well and all(connection.closed for connection in taken), "something is left"
