"""What an answer does to a database past the events that a check counts.

Connections and statements are counted by SQLAlchemy's events; who goes past them calls Engine, the
pool's connection, the dialect or the driver, whose functions tell it here.
"""

import os
import re
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from functools import cache, partial
from types import FrameType
from typing import Any

import aiosqlite
from sqlalchemy import Engine
from sqlalchemy.connectors.asyncio import AsyncAdapt_dbapi_cursor as Cursor
from sqlalchemy.dialects.sqlite.aiosqlite import AsyncAdapt_aiosqlite_connection
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.pool import QueuePool
from sqlalchemy.pool.base import _ConnectionFairy

from course.grading.messages import OWN_CONNECTION, OWN_STATEMENT
from course.grading.record import CONNECT, Watched, whose
from lantern.theatre import Base

SETTING = ("PRAGMA", "pragma")  # what SQLAlchemy's own recipe says to the driver
# What a table's name stands for afterwards is something else: whoever reads it is told that. And a
# copy of the whole, which an engine of one's own can open.
COMMENTS = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)
STANDS_FOR = re.compile(
    r"[\s;]*(?:(?P<what>ALTER|ATTACH|CREATE\s+(?:TEMP\s+|TEMPORARY\s+)?VIEW"
    r"|PRAGMA\s+writable_schema|VACUUM\s+(?:\w+\s+)?INTO)\b|CREATE\s+(?:TEMP|TEMPORARY)\s+TABLE\s+"
    r"(?:IF\s+NOT\s+EXISTS\s+)?(?:temp\s*\.\s*)?[\"'`\[]?(?P<table>\w+))",
    re.IGNORECASE,
)
FACTORIES = ("row_factory", "text_factory")


def watch_connections() -> None:
    """Tell of what passes by the events in which a check counts statements and connections.

    That is a connection of one's own to a database on which somebody else has an engine, the
    driver's cursor, a statement that is handed to the driver, wherever its cursor came from, an
    engine that forgets the connections that are out, and what changes that which others read.
    """
    databases: set[str] = set()  # of engines that are no answer's
    make, dispose, connect = Engine.__init__, Engine.dispose, aiosqlite.Connection.__init__
    dispose_pool = QueuePool.dispose
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

    def disposed_pool(self: Any) -> None:
        # It counts none of those that are out afterwards.
        if self.checkedout() and Watched._asks(itself=True):
            Watched._tell("dispose while a connection is out")
        dispose_pool(self)

    def connected(self: Any, *args: Any, **options: Any) -> None:
        if Watched._asks(itself=True):
            Watched._tell(OWN_CONNECTION)
        connect(self, *args, **options)

    def opened(self: Any, *args: Any, **options: Any) -> Any:
        # Also by way of a thread's pool, which is no answer's file.
        if not _is_sqlalchemy_s(sys._getframe().f_back):
            Watched._tell(OWN_CONNECTION)
        if self.driver == "pysqlite":
            options.setdefault("factory", Told)
        connection = open_(self, *args, **options)
        if isinstance(connection, sqlite3.Connection):
            connection.set_trace_callback(stated)
        return connection

    def stated(sql: str) -> None:
        tell_of_names(sql)
        if not sql.startswith(SETTING) and not _is_sqlalchemy_s(sys._getframe().f_back):
            Watched._tell(OWN_STATEMENT)

    def executed(method: Callable[..., Any]) -> Any:
        def execute(self: Any, sql: Any, *values: Any) -> Any:
            tell_of_names(str(sql))
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

    def creating(self: Any, name: str, *args: Any, **options: Any) -> Any:
        tell_of_function(name)
        return create(self, name, *args, **options)

    create = AsyncAdapt_aiosqlite_connection.create_function
    AsyncAdapt_aiosqlite_connection.create_function = creating  # type: ignore[method-assign]
    Engine.__init__, Engine.dispose = made, disposed  # type: ignore[method-assign]
    QueuePool.dispose = disposed_pool  # type: ignore[method-assign]
    DefaultDialect.connect = opened  # type: ignore[method-assign]
    aiosqlite.Connection.__init__ = connected  # type: ignore[method-assign]
    setattr(aiosqlite.Connection, "_execute", awaited)  # noqa: B010
    for name in ("execute", "executemany"):
        setattr(Cursor, name, executed(getattr(Cursor, name)))
    for name in ("cursor", "detach", "__getattr__"):
        method = told(getattr(_ConnectionFairy, name), itself=name != "detach")
        setattr(_ConnectionFairy, name, method)


class Told(sqlite3.Connection):
    """The driver's connection of an engine, which tells what changes that which others read."""

    def __setattr__(self, name: str, value: object) -> None:
        if name in FACTORIES and Watched._asks(itself=True):
            Watched._tell(f"{name} =")
        super().__setattr__(name, value)

    def create_function(self, name: str, *args: Any, **options: Any) -> None:
        tell_of_function(name)
        super().create_function(name, *args, **options)

    def create_aggregate(self, name: str, *args: Any, **options: Any) -> None:
        tell_of_function(name)
        super().create_aggregate(name, *args, **options)

    def set_authorizer(self, *args: Any, **options: Any) -> None:
        if Watched._asks(itself=True):
            Watched._tell("set_authorizer of the driver's connection")
        super().set_authorizer(*args, **options)


@cache
def _functions_of_sqlite() -> frozenset[str]:
    with closing(sqlite3.connect(":memory:")) as connection:
        return frozenset(
            name for (name,) in connection.execute("SELECT name FROM pragma_function_list")
        )


def tell_of_function(name: str) -> None:
    """Tell of an answer that gives a function of SQLite's another meaning."""
    if str(name).lower() in _functions_of_sqlite() and Watched._asks(itself=True):
        Watched._tell(f"{name.lower()} as a function of its own")


def tell_of_names(sql: str) -> None:
    """Tell of an answer that has the name of a table stand for something else."""
    found = STANDS_FOR.match(COMMENTS.sub(" ", sql) if "-" in sql or "/" in sql else sql)
    if not found:
        return
    of_the_course = (found["table"] or "").lower() in Base.metadata.tables
    if (found["what"] or of_the_course) and Watched._asks():
        Watched._tell(" ".join(found[0].split()).lower())


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
