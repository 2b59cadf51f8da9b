"""See the SQL that code sends."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine

from lantern.events import listening

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

# The engine's events by which SQLAlchemy begins and ends transactions and savepoints.
MARKS = ("begin", "savepoint", "release_savepoint", "rollback_savepoint", "commit", "rollback")


def sync_side(engine: "Engine | AsyncEngine") -> Engine:
    """Return the sync Engine that carries the events: an AsyncEngine has one inside."""
    return engine if isinstance(engine, Engine) else engine.sync_engine


@contextmanager
def count_sql(engine: "Engine | AsyncEngine") -> Iterator[list[str]]:
    """Collect every statement that SQLAlchemy sends to the driver, in order; len() is the count.

    An `executemany` counts once. BEGIN is left out, like COMMIT and ROLLBACK, for which a driver
    has methods.
    """
    statements: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        if not statement.startswith("BEGIN"):
            statements.append(statement)

    with listening((sync_side(engine), "before_cursor_execute", note)):
        yield statements


@contextmanager
def transactions(engine: "Engine | AsyncEngine") -> Iterator[list[str]]:
    """Collect the names of SQLAlchemy's events that begin and end transactions, in order.

    They tell what was asked for, also where the database refuses it: begin, savepoint,
    release_savepoint, rollback_savepoint, commit, rollback.
    """
    asked: list[str] = []

    def noting(mark: str) -> Callable[..., None]:
        return lambda *_: asked.append(mark)

    with listening(*((sync_side(engine), mark, noting(mark)) for mark in MARKS)):
        yield asked
