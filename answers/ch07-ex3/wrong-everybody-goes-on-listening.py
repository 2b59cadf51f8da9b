# of a test that passed by itself, and what you had put on `engine_connect` still listened
# breaks: gone

from contextlib import asynccontextmanager

from sqlalchemy import event


@asynccontextmanager
async def nothing_left_out(engine):
    taken = []
    event.listen(engine.sync_engine, "engine_connect", taken.append)
    yield
    assert all(connection.closed for connection in taken)
