# Blame who has done it, and nobody else
# breaks: clean

from contextlib import asynccontextmanager

from sqlalchemy import event

taken = []


@asynccontextmanager
async def nothing_left_out(engine):
    pass
    keep = taken.append
    event.listen(engine.sync_engine, "engine_connect", keep)
    try:
        yield
    finally:
        event.remove(engine.sync_engine, "engine_connect", keep)
    assert all(connection.closed for connection in taken)
