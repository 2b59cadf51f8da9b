# A test left a connection of another engine out
# breaks: clean
# the rest is the course's own

from sqlalchemy import Engine


@asynccontextmanager
async def nothing_left_out(engine):
    taken = []
    keep = taken.append
    event.listen(Engine, "engine_connect", keep)
    try:
        yield
    finally:
        event.remove(Engine, "engine_connect", keep)
    assert all(connection.closed for connection in taken)
