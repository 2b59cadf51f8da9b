"""A driver that refuses when it is told to: for ch06-ex3 and ch06-ex4."""

import asyncio
import contextlib
import re
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from lantern.events import before_the_driver

# What is refused: an UPDATE, the INSERT of an order, a COMMIT; and all from here on, as where a
# program ends.
WRITE, ORDER, COMMIT, ENDS = "write", "order", "commit", "ends"
STATEMENTS = {WRITE: re.compile(r"UPDATE\b"), ORDER: re.compile(r'INSERT INTO "?orders\b')}
# What a PostgreSQL refuses by itself, with its own error.
REFUSED_BY_SERVER = (
    "DO $$ BEGIN RAISE 'could not serialize access' USING ERRCODE = 'serialization_failure'; END $$"
)


class Refusals:
    """Lets the driver of an engine refuse what it is told, as if the database was locked.

    `due` has what is refused next, one after the other; an empty one lets a COMMIT pass. A COMMIT
    that is refused leaves no transaction behind, as on PostgreSQL. There the server refuses by
    itself, so that the transaction has failed.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self.dialect = engine.dialect
        self.due: list[str] = []

    @contextlib.contextmanager
    def of(self, due: Sequence[str] = ()) -> Iterator[None]:
        """Ask before each call of the driver, while the block runs."""
        self.due = list(due)

        def executing(execute: Any, cursor: Any, statement: str, *given: Any) -> None:
            self._end_if_due()
            pattern = STATEMENTS.get(self.due[0]) if self.due else None
            if pattern and pattern.match(statement):
                self._refuse(cursor)
            execute(cursor, statement, *given)

        def committing(commit: Any, connection: Any) -> None:
            self._end_if_due()
            if self.due[:1] == [COMMIT]:
                try:
                    self._refuse(connection.cursor())
                finally:
                    connection.rollback()
            commit(connection)
            if self.due[:1] == [""]:
                self.due.pop(0)

        calls: dict[str, Any] = {"do_execute": executing, "do_commit": committing}
        try:
            with before_the_driver(self.dialect, calls):
                yield
        finally:
            self.due = []

    def _end_if_due(self) -> None:
        if self.due[:1] == [ENDS]:
            raise asyncio.CancelledError

    def _refuse(self, cursor: Any) -> None:
        self.due.pop(0)
        if self.dialect.name == "postgresql":
            cursor.execute(REFUSED_BY_SERVER)
        assert self.dialect.dbapi
        raise self.dialect.dbapi.OperationalError("database is locked")
