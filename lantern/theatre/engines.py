"""Engines and session factories: the one place that knows what SQLite needs."""

import atexit
import shutil
import tempfile
import time
import weakref
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.ext.asyncio import (
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)

# WAL: readers do not block the writer. foreign_keys: SQLite ignores them unless asked.
# busy_timeout: wait up to 5000 ms for another writer instead of failing at once.
PRAGMAS = ("journal_mode=WAL", "foreign_keys=ON", "busy_timeout=5000", "synchronous=NORMAL")


def temporary_database() -> Path:
    """Return the path of a new database file in a folder that is removed when Python exits."""
    file = _new_file()
    atexit.register(shutil.rmtree, file.parent, ignore_errors=True)
    return file


def make_engine(
    url: str | URL | None = None, *, as_shipped: bool = False, **options: Any
) -> AsyncEngine:
    """Return an AsyncEngine; without a URL, on a new SQLite file.

    That file is removed once nobody holds the engine, and when Python exits.

    SQLite gets WAL, foreign keys, a busy timeout of 5 s and a real BEGIN
    (BEGIN IMMEDIATE where the connection carries the execution option `write`).
    `as_shipped=True` leaves SQLite as the driver ships it, to show what goes wrong.
    Every SQLite connection has the SQL function slow(seconds): it waits, then returns seconds.
    `options` go to create_async_engine.
    """
    engine = create_async_engine(url or f"sqlite+aiosqlite:///{_new_file()}", **options)
    _prepare(engine.sync_engine, as_shipped, own_file=not url)
    return engine


def make_sync_engine(
    url: str | URL | None = None, *, as_shipped: bool = False, **options: Any
) -> Engine:
    """Return a sync Engine with the same promises as make_engine."""
    engine = create_engine(url or f"sqlite:///{_new_file()}", **options)
    _prepare(engine, as_shipped, own_file=not url)
    return engine


def make_factories(
    engine: AsyncEngine,
) -> tuple[async_sessionmaker[AsyncSession], async_sessionmaker[AsyncSession]]:
    """Return (Read, Write): two session factories on one engine.

    Objects stay readable after commit, and a closed session says so instead of reopening.
    Sessions of Write take SQLite's write lock when their transaction begins.
    """
    settings: dict[str, Any] = {"expire_on_commit": False, "close_resets_only": False}
    read = async_sessionmaker(engine, **settings)
    write = async_sessionmaker(engine, execution_options={"write": True}, **settings)
    return read, write


def _new_file() -> Path:
    return Path(tempfile.mkdtemp(prefix="lantern-"), "lantern.db")


def _prepare(engine: Engine, as_shipped: bool, own_file: bool) -> None:
    if own_file:
        folder = Path(str(engine.url.database)).parent
        weakref.finalize(engine, shutil.rmtree, folder, ignore_errors=True)
    if make_url(engine.url).get_backend_name() != "sqlite":
        return
    event.listen(engine, "connect", _add_slow)
    if not as_shipped:
        event.listen(engine, "connect", _set_pragmas)
        event.listen(engine, "begin", _begin)


def _add_slow(connection: Any, record: Any) -> None:
    connection.create_function("slow", 1, _slow)


def _slow(seconds: float) -> float:
    time.sleep(seconds)
    return seconds


def _set_pragmas(connection: Any, record: Any) -> None:
    # Python's sqlite3 begins no transaction for SELECT or SAVEPOINT; None hands BEGIN to us.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in PRAGMAS:
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(connection: Any) -> None:
    write = connection.get_execution_options().get("write")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")
