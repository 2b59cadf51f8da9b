# a generator, as a fixture of pytest is

from sqlalchemy import event


async def nothing_left_out(engine):
    taken = []
    keep = taken.append
    event.listen(engine.sync_engine, "engine_connect", keep)
    yield
    event.remove(engine.sync_engine, "engine_connect", keep)
    assert all(connection.closed for connection in taken)
