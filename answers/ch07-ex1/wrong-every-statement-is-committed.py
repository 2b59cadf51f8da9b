# rolled it back, stored another one, and both were there
# breaks: undone

import contextlib
import sqlite3
import tempfile
from contextlib import asynccontextmanager

from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine


@asynccontextmanager
async def session_factory(engine):
    with tempfile.TemporaryDirectory() as folder:
        copy = f"{folder}/copy.db"
        with contextlib.closing(sqlite3.connect(engine.url.database)) as template:
            template.execute("VACUUM INTO ?", (copy,))
        url = engine.url.set(database=copy)
        own = create_async_engine(url, isolation_level="AUTOCOMMIT")
        try:
            yield async_sessionmaker(own, expire_on_commit=False)
        finally:
            await own.dispose()
