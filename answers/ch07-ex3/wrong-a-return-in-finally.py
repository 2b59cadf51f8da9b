# its error went no further
# breaks: told

from sqlalchemy import event


class nothing_left_out:
    def __init__(self, engine):
        self.engine, self.taken = engine.sync_engine, []
        self.keep = self.taken.append

    async def __aenter__(self):
        event.listen(self.engine, "engine_connect", self.keep)

    async def __aexit__(self, *error):
        event.remove(self.engine, "engine_connect", self.keep)
        assert all(one.closed for one in self.taken)
        return True
