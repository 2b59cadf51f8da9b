# The first connection of the engine raised
# breaks: keys, wal, undone, writers, readers, options

from pathlib import Path
from typing import Any

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine


def lantern_engine(path: Path, **options: Any) -> AsyncEngine:
    settings = {"autocommit": False, **options.pop("connect_args", {})}
    url = f"sqlite+aiosqlite:///{path}"
    engine = create_async_engine(url, connect_args=settings, **options)

    @event.listens_for(engine.sync_engine, "connect")
    def prepare(connection: Any, record: Any) -> None:
        cursor = connection.cursor()
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.close()

    return engine
