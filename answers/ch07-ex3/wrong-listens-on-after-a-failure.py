# of a test that failed by itself, and what you had put on `engine_connect` still listened
# breaks: gone

from contextlib import asynccontextmanager

from sqlalchemy import event


@asynccontextmanager
async def nothing_left_out(engine):
    taken = []
    keep = taken.append
    event.listen(engine.sync_engine, "engine_connect", keep)
    yield
    event.remove(engine.sync_engine, "engine_connect", keep)
    assert all(connection.closed for connection in taken)
