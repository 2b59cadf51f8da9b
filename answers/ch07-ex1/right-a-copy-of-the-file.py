# every test has a copy of the database, and commits into it for real
# on PostgreSQL: copy.db" does not exist

import contextlib
import sqlite3
import tempfile
from contextlib import asynccontextmanager

from sqlalchemy.ext.asyncio import async_sessionmaker

from lantern.theatre import make_engine


@asynccontextmanager
async def session_factory(engine):
    with tempfile.TemporaryDirectory() as folder:
        copy = f"{folder}/copy.db"
        with contextlib.closing(sqlite3.connect(engine.url.database)) as template:
            template.execute("VACUUM INTO ?", (copy,))
        own = make_engine(engine.url.set(database=copy))
        try:
            yield async_sessionmaker(own, expire_on_commit=False)
        finally:
            await own.dispose()
