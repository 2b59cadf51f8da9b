"""What ch02-ex1 and ch02-ex2 look through: a new database, its sessions, and what they sent."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from sqlalchemy import Engine, Executable, event
from sqlalchemy.orm import Session, sessionmaker

from course.checking.attempts import Outcome, interruption
from lantern.pool import connections_in_use
from lantern.theatre import (
    make_sync_engine,
    seed_sync,
)

LONG = 6.0  # seconds of work for a call that writes hundreds of rows


class WatchedDatabase:
    """An engine on a new database, the sessions that were made on it, and what they sent."""

    def __init__(self, capacity: int = 12) -> None:
        self.engine = make_sync_engine()
        # Nobody else writes here: who waits for a lock waits for himself, and need not wait long.
        event.listen(self.engine, "connect", lambda c, _: c.execute("PRAGMA busy_timeout=200"))
        seed_sync(self.engine, capacity)
        # A session that nobody closed is kept, so that no garbage collection can hide it.
        self.sessions: list[Session] = []
        self.commits = self.asked = self.savepoints = 0
        self.refusal = ""
        sessions = self.sessions

        class Kept(Session):
            def __init__(self, *args: Any, **options: Any) -> None:
                super().__init__(*args, **options)
                sessions.append(self)

        self.Session = sessionmaker(self.engine, class_=Kept)

    @property
    def held(self) -> int:
        """Connections that are in use now."""
        return connections_in_use(self.engine)

    @contextmanager
    def open(self) -> Iterator[None]:
        """Count COMMITs and savepoints while the block runs, and note what was refused last."""
        listeners = (
            (self.engine, "commit", self._commit),
            (self.engine, "savepoint", self._savepoint),
            (self.engine, "handle_error", self._handle_error),
            (self.Session, "before_commit", self._before_commit),
        )
        for listener in listeners:
            event.listen(*listener)
        try:
            yield
        finally:
            for listener in listeners:
                event.remove(*listener)

    def _commit(self, connection: Any) -> None:
        self.commits += 1

    def _savepoint(self, connection: Any, name: Any) -> None:
        self.savepoints += 1

    def _handle_error(self, context: Any) -> None:
        self.refusal = str(context.original_exception)

    def _before_commit(self, session: Session) -> None:
        # Also called at the end of a savepoint, where nobody asks for a COMMIT.
        self.asked += not session.in_nested_transaction()

    def close_sessions(self) -> None:
        """Roll back and close what was left open, so that the rows can be read."""
        for session in self.sessions:
            session.close()

    def read(self, statement: Executable) -> list[Any]:
        """Return rows of the database as plain lists, as another program would see them."""
        with self.engine.connect() as connection:
            return [list(row) for row in connection.execute(statement)]


def plainly(outcome: Outcome, refusal: str = "") -> dict[str, Any]:
    value = outcome.value
    if not isinstance(value, int | str | None):
        value = repr(value) if isinstance(value, list | tuple) else type(value).__name__
    return {**outcome.as_dict(), "value": value, "refusal": refusal}


def why_interrupted(outcome: dict[str, Any], name: str) -> str | None:
    if outcome["ended"] == "stuck":
        return (
            f"{name} had not returned after {LONG:.0f} s. Is there a loop that never ends, or does "
            "it wait for a lock that it holds itself?"
        )
    reason = interruption(outcome, name)
    if reason and "database is locked" in reason:
        reason += (
            " One session held the write lock, and another one of yours waited for it: whatever "
            "belongs together belongs in one session."
        )
    if reason and "Query-invoked autoflush" in reason:
        # The first line of this error does not say which column it is about.
        reason += f" The database said: {outcome['refusal']}."
    if reason and re.search(r"NOT NULL constraint failed: \w+\.order_id", reason):
        reason += " order.id is None until the flush."
    return reason


@contextmanager
def before_insert(
    engine: Engine, table: str, meanwhile: tuple[str, ...], about: str = ""
) -> Iterator[None]:
    """Let somebody else write right before each INSERT into a table that is about this value.

    SQLite has one writer at a time, so the other's rows come through the same connection. To
    the code under test they are what another transaction committed a moment ago. A rollback
    takes them back too; the next transaction finds them again, and then for good.
    """
    came = False

    def put(connection: sqlite3.Connection) -> None:
        other = connection.cursor()
        for line in meanwhile:
            other.execute(line)
        other.close()

    def write(connection: Any, cursor: Any, statement: str, values: Any, *_: Any) -> None:
        nonlocal came
        insert = re.match(rf"\s*INSERT\b.*\bINTO {table}\b", statement, re.IGNORECASE)
        if insert and about in str(values):
            came = True
            put(cursor.connection)

    def stay(connection: Any) -> None:
        nonlocal came
        if came:
            came = False
            # Before the BEGIN each line commits itself, unless another session is writing.
            with suppress(sqlite3.OperationalError):
                put(connection.connection.dbapi_connection)

    event.listen(engine, "before_cursor_execute", write)
    event.listen(engine, "begin", stay, insert=True)
    try:
        yield
    finally:
        event.remove(engine, "before_cursor_execute", write)
        event.remove(engine, "begin", stay)
