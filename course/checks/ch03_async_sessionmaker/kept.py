"""What the exercises of this chapter look through: an engine, and one factory of sessions."""

import asyncio
import contextlib
import gc
import re
import sqlite3
import warnings
from collections.abc import AsyncIterator, Iterator
from typing import Any

from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine

from course.checks.sessions import close_all, kept_factories
from lantern.events import listening
from lantern.theatre import Base, make_engine

READING = re.compile(r"\s*(SELECT|BEGIN|SAVEPOINT|PRAGMA)\b", re.IGNORECASE)


@contextlib.asynccontextmanager
async def theatre(**options: Any) -> AsyncIterator[tuple[AsyncEngine, Any]]:
    """Give (engine, factory) for one observation, and leave nothing of it behind.

    The factory is the course's Read, and its sessions are kept. An attribute that could not be
    loaded leaves a coroutine, and a task that failed an error that nobody asked for: they are
    collected here, so that no warning of them turns up elsewhere.
    """
    engine = make_engine(**options)
    loop = asyncio.get_running_loop()
    before = loop.get_exception_handler()
    loop.set_exception_handler(lambda *_: None)
    with warnings.catch_warnings(), loading_of_always():
        warnings.filterwarnings("ignore", ".*never awaited", RuntimeWarning)
        factory, _ = kept_factories(engine)
        try:
            yield engine, factory
        finally:
            await close_all(factory)
            await engine.dispose()
            gc.collect()
            loop.set_exception_handler(before)


@contextlib.contextmanager
def loading_of_always() -> Iterator[None]:
    """Put back how the models load their relationships: an answer may set it there."""
    relationships = [one for mapper in Base.registry.mappers for one in mapper.relationships]
    before = [one.strategy for one in relationships]
    try:
        yield
    finally:
        for one, strategy in zip(relationships, before, strict=True):
            one.strategy = strategy


def class_of(value: Any) -> str | None:
    """Return the name of a value's class; None for None."""
    return None if value is None else type(value).__name__


def is_writing(statement: str) -> bool:
    """Tell whether a statement may change a row."""
    return not READING.match(statement)


@contextlib.contextmanager
def refused(engine: AsyncEngine, first_write: bool = False) -> Iterator[None]:
    """Let the database refuse each statement, or the first that writes, while the block runs."""
    was_refused = False

    def refuse(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        nonlocal was_refused
        if first_write:
            is_due = is_writing(statement) and not was_refused
        else:
            is_due = not statement.startswith("BEGIN")
        if is_due:
            was_refused = True
            raise OperationalError(statement, None, sqlite3.OperationalError("disk I/O error"))

    with listening((engine.sync_engine, "before_cursor_execute", refuse)):
        yield
