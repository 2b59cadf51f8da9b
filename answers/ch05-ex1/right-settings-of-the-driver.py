# isolation_level is a setting of the driver, joined with the caller's

from pathlib import Path
from typing import Any

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine


def lantern_engine(
    path: Path, *, connect_args: dict[str, Any] | None = None, **options: Any
) -> AsyncEngine:
    settings = {"isolation_level": None, "timeout": 30, **(connect_args or {})}
    options = {"pool_pre_ping": True, **options}
    engine = create_async_engine(f"sqlite+aiosqlite:///{path}", connect_args=settings, **options)

    @event.listens_for(engine.sync_engine.pool, "connect")
    def prepare(connection: Any, record: Any) -> None:
        for pragma in ("journal_mode = wal", "foreign_keys = on", "synchronous = normal"):
            cursor = connection.cursor()
            cursor.execute(f"PRAGMA {pragma}")
            cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def begin(connection: Any) -> None:
        kinds = {True: "BEGIN EXCLUSIVE", False: "BEGIN"}
        connection.exec_driver_sql(kinds[bool(connection.get_execution_options().get("write"))])

    return engine
