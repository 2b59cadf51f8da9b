"""Transactions: what was committed too late to be told, and what was answered and not stored."""

import weakref
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Engine

from lantern.events import Listener
from lantern.plugin.findings import LATE, LOST, Place
from lantern.plugin.places import calls, place
from lantern.plugin.requests import Request, current
from lantern.plugin.run import Run, Watcher
from lantern.plugin.sessions import Sessions
from lantern.steps import WRITE, kind_of, table_of


@dataclass(frozen=True)
class Write:
    """A statement that changed rows."""

    sql: str
    place: Place | None
    before_answer: bool


@dataclass
class Work:
    """What a connection has done since its transaction began, for the request that writes."""

    request: Request
    writes: list[Write] = field(default_factory=list)
    savepoints: dict[str, int] = field(default_factory=dict)  # name: writes before it
    failed: str = ""
    is_committing: bool = False
    late: "Late | None" = None


@dataclass
class Late:
    """A COMMIT after the first byte of the answer."""

    request: Request
    place: Place | None
    write: Write
    error: str = ""


class Transactions(Watcher):
    """Follows each transaction in which a request writes."""

    def __init__(self, run: Run, sessions: Sessions) -> None:
        super().__init__(run)
        self._sessions = sessions
        self._work: weakref.WeakKeyDictionary[Any, Work] = weakref.WeakKeyDictionary()
        self._late: list[Late] = []
        self._lost: list[tuple[Request, Work, Place | None]] = []
        # How many COMMITs of rows each request has had.
        self._stored: weakref.WeakKeyDictionary[Request, int] = weakref.WeakKeyDictionary()

    def listeners(self) -> Iterable[Listener]:
        return (
            (Engine, "begin", self._begins),
            (Engine, "after_cursor_execute", self._executed),
            (Engine, "handle_error", self._failed),
            (Engine, "savepoint", self._savepoint),
            (Engine, "rollback_savepoint", self._back_to_savepoint),
            (Engine, "commit", self._commits),
            (Engine, "rollback", self._rolls_back),
        )

    def _begins(self, connection: Any) -> None:
        self._work.pop(connection, None)

    def _executed(
        self, connection: Any, cursor: Any, sql: str, values: Any, context: Any, _: Any
    ) -> None:
        request = current()
        if request is None or not _changes(sql, context) or getattr(cursor, "rowcount", -1) == 0:
            return
        made = self._sessions.made_for(connection)
        if made is not None and made.is_of_tests:
            return
        work = self._work.get(connection)
        if work is None or work.request is not request:
            work = self._work[connection] = Work(request)
        first = not work.writes
        work.writes.append(Write(sql, place() if first else None, request.status is None))

    def _failed(self, failure: Any) -> None:
        work = self._work.get(failure.connection) if failure.connection is not None else None
        if work is None:
            return
        error = type(failure.sqlalchemy_exception or failure.original_exception).__name__
        work.failed = error
        if work.is_committing:
            work.is_committing = False
            self._stored[work.request] -= 1
            if work.late:
                work.late.error = error
            else:  # the transaction is over, and no event tells of its rollback
                self._lost.append((work.request, work, place()))
                del self._work[failure.connection]

    def _savepoint(self, connection: Any, name: str) -> None:
        if work := self._work.get(connection):
            work.savepoints[name] = len(work.writes)

    def _back_to_savepoint(self, connection: Any, name: str, _: Any) -> None:
        if work := self._work.get(connection):
            # The error, if there was one, is dealt with, and so are the writes.
            del work.writes[work.savepoints.get(name, 0) :]
            work.failed = ""

    def _commits(self, connection: Any) -> None:
        work = self._work.get(connection)
        request = current()
        if work is None or not work.writes or work.request is not request:
            return
        self._stored[request] = self._stored.get(request, 0) + 1
        work.is_committing = True
        if request.status is not None and work.writes[0].before_answer:
            work.late = Late(request, place(), work.writes[0])
            self._late.append(work.late)

    def _rolls_back(self, connection: Any) -> None:
        work = self._work.pop(connection, None)
        request = current()
        if work is None or not work.writes or work.request is not request or work.late:
            return
        # Who calls rollback without an error means it; who closes may have forgotten to commit.
        meant = calls("rollback") and not work.failed
        if not meant and not commits_by_itself(connection):
            self._lost.append((request, work, place()))

    def request_ended(self, request: Request) -> None:
        late = [one for one in self._late if one.request is request]
        lost = [one for one in self._lost if one[0] is request]
        self._late = [one for one in self._late if one.request is not request]
        self._lost = [one for one in self._lost if one[0] is not request]
        if not request.is_success:
            return
        for one in late:
            self.run.found(
                LATE,
                f"status {request.status} had left when the COMMIT of its rows "
                + (f"failed with {one.error}" if one.error else "came"),
                one.place or request.endpoint,
                f"they were written before, by {_short(one.write.sql)}"
                f" at {one.write.place or request.endpoint}",
                request=request,
            )
        if self._stored.get(request):
            return
        for _, work, where in lost:
            if where is not None and where.in_tests:
                continue
            first, count = work.writes[0], len(work.writes)
            because = f"after {work.failed}" if work.failed else "since nothing committed it"
            what = (
                "a statement that wrote was"
                if count == 1
                else f"{count} statements that wrote were"
            )
            self.run.found(
                LOST,
                f"answered with status {request.status}, and {what} rolled back {because}",
                first.place or request.endpoint,
                f"first of it: {_short(first.sql)}",
                *(f"rolled back at {line}" for line in [where] if line),
                request=request,
            )


def _changes(sql: str, context: Any) -> bool:
    if context is not None and (context.isinsert or context.isupdate or context.isdelete):
        return True
    # A SELECT ... FOR UPDATE counts as a write elsewhere, since it takes locks.
    return kind_of(sql) == WRITE and sql.lstrip()[:6].upper() != "SELECT"


def _short(sql: str) -> str:
    return f"{sql.split(maxsplit=1)[0]} {table_of(sql)}".strip()


def commits_by_itself(connection: Any) -> bool:
    """Tell whether each statement of this connection is stored at once: AUTOCOMMIT."""
    options = connection.get_execution_options().get("isolation_level")
    of_engine = getattr(connection.dialect, "_on_connect_isolation_level", None)
    return "AUTOCOMMIT" in (options, options or of_engine)
