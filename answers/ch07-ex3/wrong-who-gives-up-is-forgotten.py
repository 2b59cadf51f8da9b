# raises what is no `Exception`
# breaks: told
# the rest is the course's own


@asynccontextmanager
async def nothing_left_out(engine):
    taken, failed = [], False
    keep = taken.append
    event.listen(engine.sync_engine, "engine_connect", keep)
    try:
        yield
    except Exception:
        failed = True
        raise
    finally:
        event.remove(engine.sync_engine, "engine_connect", keep)
        assert failed or all(connection.closed for connection in taken)
