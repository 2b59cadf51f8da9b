"""Connections that are out: who took each, since when, and what it does now."""

import itertools
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import URL, Engine
from sqlalchemy.orm import Session
from sqlalchemy.pool import Pool

from lantern.events import Listener
from lantern.plugin.findings import Place
from lantern.plugin.places import place
from lantern.plugin.requests import Request, current
from lantern.plugin.run import Run, Watcher
from lantern.plugin.sessions import Sessions
from lantern.watch.sql import shown, shown_values


@dataclass(eq=False)
class Out:
    """A connection that is out. Moments are of time.perf_counter.

    `made` is the line that made the session it belongs to. `transaction` is when one began, as
    SQLAlchemy tells. `at` is when the last statement, from `line`, began or, if it no longer
    `is_running`, ended.
    """

    number: int
    since: float
    place: Place | None
    request: Request | None
    engine: str = ""
    made: Place | None = None
    transaction: float | None = None
    sql: str = ""
    values: str = ""
    line: Place | None = None
    is_running: bool = False
    at: float = 0.0


# Is told of each statement that is over, with the seconds that it took.
Tell = Callable[[Request | None, Out, float], None]


class Connections(Watcher):
    """Follows each connection from the pool and back, and what is sent over it."""

    def __init__(self, run: Run, sessions: Sessions, tell: Tell, with_values: bool) -> None:
        super().__init__(run)
        self._sessions, self._tell, self._with_values = sessions, tell, with_values
        self._numbers = itertools.count(1)
        # By connection; a StaticPool hands out one to several at a time.
        self._out: dict[int, list[Out]] = {}

    def out(self) -> list[Out]:
        """Return what is out, longest first."""
        everything = [out for mine in [*self._out.values()] for out in [*mine]]
        return sorted(everything, key=lambda out: out.number)

    def listeners(self) -> Iterable[Listener]:
        return (
            (Pool, "checkout", self._taken),
            (Pool, "checkin", self._given_back),
            (Pool, "detach", self._given_back),
            (Session, "after_begin", self._belongs_to),
            (Engine, "engine_connect", self._connects),
            (Engine, "begin", self._begins),
            (Engine, "commit", self._ends),
            (Engine, "rollback", self._ends),
            (Engine, "before_cursor_execute", self._executes),
            (Engine, "after_cursor_execute", self._executed),
            (Engine, "handle_error", self._failed),
        )

    def _taken(self, dbapi_connection: Any, record: Any, fairy: Any) -> None:
        now = time.perf_counter()
        out = Out(next(self._numbers), now, place(), current(), at=now)
        self._out.setdefault(id(record), []).append(out)

    def _given_back(self, dbapi_connection: Any, record: Any) -> None:
        mine = self._out.get(id(record), [])
        if mine:
            request = current()
            mine.remove(next((one for one in mine if one.request is request), mine[-1]))
        if not mine:
            self._out.pop(id(record), None)

    def _of(self, connection: Any) -> Out | None:
        """Return what is noted of a connection of the engine: one that is out for this request."""
        record = getattr(connection.connection, "_connection_record", None)
        mine = self._out.get(id(record), [])
        request = current()
        return next((one for one in mine if one.request is request), mine[-1] if mine else None)

    def _connects(self, connection: Any) -> None:
        if out := self._of(connection):
            out.engine = _name(connection.engine.url)

    def _belongs_to(self, session: Session, transaction: Any, connection: Any) -> None:
        if (out := self._of(connection)) and (made := self._sessions.made(session)):
            out.made = made.place

    def _begins(self, connection: Any) -> None:
        if out := self._of(connection):
            out.transaction = time.perf_counter()

    def _ends(self, connection: Any) -> None:
        if out := self._of(connection):
            out.transaction, out.at = None, time.perf_counter()

    def _executes(
        self, connection: Any, cursor: Any, sql: str, values: Any, context: Any, many: bool
    ) -> None:
        if out := self._of(connection):
            out.sql, out.line = shown(sql, self._with_values), place()
            out.values = shown_values(values) if self._with_values else ""
            out.is_running, out.at = True, time.perf_counter()

    def _executed(self, connection: Any, *_: Any) -> None:
        if (out := self._of(connection)) and out.is_running:
            began, out.at, out.is_running = out.at, time.perf_counter(), False
            self._tell(current(), out, out.at - began)

    def _failed(self, failure: Any) -> None:
        if failure.connection is not None and failure.statement is not None:
            self._executed(failure.connection)


def _name(url: URL) -> str:
    """Name an engine by its address: without a user, a password, and what else may be secret."""
    return url.set(username=None, password=None, query={}).render_as_string()
