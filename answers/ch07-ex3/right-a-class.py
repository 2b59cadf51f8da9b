# a class with the two methods of a context manager

from sqlalchemy import event


class nothing_left_out:
    def __init__(self, engine):
        self.engine = engine.sync_engine
        self.taken = []
        self.note = self.taken.append

    async def __aenter__(self):
        event.listen(self.engine, "engine_connect", self.note)

    async def __aexit__(self, kind, error, traceback):
        event.remove(self.engine, "engine_connect", self.note)
        if error is None:
            assert [one for one in self.taken if not one.closed] == []
