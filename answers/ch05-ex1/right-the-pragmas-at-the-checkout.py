# the PRAGMA of foreign keys comes with each checkout, WAL from sqlite3 itself

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, event
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine


def _leave_begin_to_us(connection: Any, record: Any) -> None:
    connection.isolation_level = None


def _check_keys(connection: Any, record: Any, lent: Any) -> None:
    cursor = connection.cursor()
    try:
        cursor.execute("PRAGMA foreign_keys = 1")
    finally:
        cursor.close()


def _begin(connection: Connection) -> None:
    match connection.get_execution_options():
        case {"write": True}:
            connection.exec_driver_sql("BEGIN IMMEDIATE TRANSACTION")
        case _:
            connection.exec_driver_sql("BEGIN DEFERRED TRANSACTION")


def lantern_engine(path: Path, **options: Any) -> AsyncEngine:
    with closing(sqlite3.connect(path)) as once:
        once.execute("PRAGMA journal_mode = WAL")  # the file keeps it
    url = URL.create("sqlite+aiosqlite", database=str(path))
    engine = create_async_engine(url, **options)
    event.listen(engine.sync_engine, "connect", _leave_begin_to_us)
    event.listen(engine.sync_engine, "checkout", _check_keys)
    event.listen(engine.sync_engine, "begin", _begin)
    return engine
