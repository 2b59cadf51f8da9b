"""What an answer does to a database past the events that a check counts.

Connections and statements are counted by SQLAlchemy's events; who goes past them calls Engine, the
pool's connection, the dialect or the driver, whose functions tell it here.
"""

import os
import sqlite3
import sys
from collections.abc import Callable
from functools import partial
from types import FrameType
from typing import Any

import aiosqlite
from sqlalchemy import Engine
from sqlalchemy.connectors.asyncio import AsyncAdapt_dbapi_cursor as Cursor
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.pool.base import _ConnectionFairy

from course.grading.messages import OWN_CONNECTION, OWN_STATEMENT
from course.grading.record import CONNECT, Watched, whose

SETTING = ("PRAGMA", "pragma")  # what SQLAlchemy's own recipe says to the driver


def watch_connections() -> None:
    """Tell of what passes by the events in which a check counts statements and connections.

    That is a connection of one's own to a database on which somebody else has an engine, the
    driver's cursor, a statement that is handed to the driver, wherever its cursor came from, and
    an engine that forgets the connections that are out.
    """
    databases: set[str] = set()  # of engines that are no answer's
    make, dispose, connect = Engine.__init__, Engine.dispose, aiosqlite.Connection.__init__
    open_, work = DefaultDialect.connect, vars(aiosqlite.Connection)["_execute"]

    # create_engine takes the options that stand here by name.
    def made(
        self: Any, pool: Any, dialect: Any, url: Any, logging_name: Any = None, echo: Any = None,
        query_cache_size: int = 500, execution_options: Any = None, hide_parameters: bool = False,
    ) -> None:  # fmt: skip
        options = logging_name, echo, query_cache_size, execution_options, hide_parameters
        make(self, pool, dialect, url, *options)
        if not Watched._asks():
            databases.add(str(url.database))
        elif any(map(partial(_is_one_file, str(url.database)), databases)):
            Watched._tell(OWN_CONNECTION)

    def disposed(self: Any, close: bool = True) -> None:
        if getattr(self.pool, "checkedout", int)() and Watched._asks():
            Watched._tell("dispose while a connection is out")
        dispose(self, close)

    def connected(self: Any, *args: Any, **options: Any) -> None:
        if Watched._asks(itself=True):
            Watched._tell(OWN_CONNECTION)
        connect(self, *args, **options)

    def opened(self: Any, *args: Any, **options: Any) -> Any:
        # Also by way of a thread's pool, which is no answer's file.
        if not _is_sqlalchemy_s(sys._getframe().f_back):
            Watched._tell(OWN_CONNECTION)
        connection = open_(self, *args, **options)
        if isinstance(connection, sqlite3.Connection):
            connection.set_trace_callback(stated)
        return connection

    def stated(sql: str) -> None:
        if not sql.startswith(SETTING) and not _is_sqlalchemy_s(sys._getframe().f_back):
            Watched._tell(OWN_STATEMENT)

    def executed(method: Callable[..., Any]) -> Any:
        def execute(self: Any, sql: Any, *values: Any) -> Any:
            if not str(sql).startswith(SETTING) and not _is_sqlalchemy_s(sys._getframe().f_back):
                Watched._tell(OWN_STATEMENT)
            return method(self, sql, *values)

        return execute

    async def awaited(self: Any, function: Any, *args: Any, **options: Any) -> Any:
        if Watched._asks(itself=True):
            Watched._tell(OWN_STATEMENT)
        return await work(self, function, *args, **options)

    def told(method: Callable[..., Any], itself: bool) -> Any:
        def called(self: Any, *args: Any, **options: Any) -> Any:
            if Watched._asks(itself):
                Watched._tell(f"{method.__name__} of the driver's connection")
            return method(self, *args, **options)

        return called

    Engine.__init__, Engine.dispose = made, disposed  # type: ignore[method-assign]
    DefaultDialect.connect = opened  # type: ignore[method-assign]
    aiosqlite.Connection.__init__ = connected  # type: ignore[method-assign]
    setattr(aiosqlite.Connection, "_execute", awaited)  # noqa: B010
    for name in ("execute", "executemany"):
        setattr(Cursor, name, executed(getattr(Cursor, name)))
    for name in ("cursor", "detach", "__getattr__"):
        method = told(getattr(_ConnectionFairy, name), itself=name != "detach")
        setattr(_ConnectionFairy, name, method)


def _is_sqlalchemy_s(frame: FrameType | None) -> bool:
    """Tell whether what a frame does is SQLAlchemy's work, or a check's, and no answer's."""
    # A dialect does for anybody what it is told.
    while frame and frame.f_code.co_name.startswith("do_"):
        frame = frame.f_back
    return frame is not None and whose(frame.f_code.co_filename).startswith(CONNECT)


def _is_one_file(one: str, other: str) -> bool:
    try:
        return os.path.samefile(one.removeprefix("file:").partition("?")[0], other)
    except (OSError, ValueError):
        return False
