"""Connections: who took one and did not give it back, and who held one while taking another."""

import contextlib
import gc
import threading
import weakref
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.orm import Session
from sqlalchemy.pool import Pool, StaticPool

from lantern.events import Listener
from lantern.lifetimes import BEGINS, COMMIT, ENDS, ROLLBACK, SENDS
from lantern.plugin.findings import LEFT, TWO, Place
from lantern.plugin.places import calls, place
from lantern.plugin.requests import Request, current, current_task
from lantern.plugin.run import Run, Watcher
from lantern.plugin.sessions import Sessions


@dataclass(eq=False)
class Held:
    """A connection that is out: who took it."""

    record: Any
    connection: int  # the id of the driver's connection
    pool: Any
    place: Place | None
    request: Request | None
    task: Any  # a weak reference, as is the session
    test: str
    for_one_test: bool
    session: Any = None
    outlived: bool = False  # it was out when its request had ended


class Connections(Watcher):
    """Follows each connection from the pool and back."""

    def __init__(self, run: Run, sessions: Sessions) -> None:
        super().__init__(run)
        self._sessions = sessions
        # A StaticPool hands out one record to several at a time.
        self._out: dict[int, list[Held]] = {}
        self._collecting: set[int] = set()  # threads in which garbage is looked for

    @contextlib.contextmanager
    def at_work(self) -> Iterator[None]:
        """Follow the garbage collector."""
        gc.callbacks.append(self._collects)
        try:
            yield
        finally:
            gc.callbacks.remove(self._collects)

    def _collects(self, phase: str, _: object) -> None:
        change = self._collecting.add if phase == "start" else self._collecting.discard
        change(threading.get_ident())

    def listeners(self) -> Iterable[Listener]:
        return (
            (Pool, "checkout", self._taken),
            (Pool, "reset", self._reset),
            (Pool, "checkin", self._checked_in),
            (Pool, "detach", self._detached),
            (Session, "after_begin", self._belongs_to),
            (Engine, "before_cursor_execute", self._executes),
            (Engine, "commit", lambda connection: self._sends(connection, COMMIT)),
            (Engine, "rollback", lambda connection: self._sends(connection, ROLLBACK)),
        )

    def _taken(self, dbapi_connection: Any, record: Any, fairy: Any) -> None:
        request, task = current(), current_task()
        held = Held(
            record,
            id(dbapi_connection),
            fairy._pool,
            place(),
            request,
            task,
            self.run.test,
            self.run.is_for_one_test,
        )
        if request is not None:
            request.note_pool(record, BEGINS)
            self._is_second(held, request)
        self._out.setdefault(id(record), []).append(held)

    def of(self, pool: Any) -> list[Held]:
        """Return what is out of a pool."""
        return [held for held in self._all() if held.pool is pool]

    def holder(self, record: Any) -> Held | None:
        """Return who took the connection of a pool's record last."""
        mine = self._out.get(id(record))
        return mine[-1] if mine else None

    def is_own(self, held: Held) -> bool:
        """Tell whether a connection is held by the request that runs, where it runs now.

        Tasks beside one another, each with one connection, do not wait for themselves.
        """
        request = current()
        if request is None or held.request is not request:
            return False
        return _alive(held.task) in (None, _alive(current_task()))

    def _is_second(self, held: Held, request: Request) -> None:
        for first in filter(self.is_own, self.of(held.pool)):
            self.run.found(
                TWO,
                "took a second connection while it held one",
                held.place or request.endpoint,
                f"the first was taken at {first.place or 'no line of this project'}",
                "as many such requests at once as the pool has connections wait for one another",
                request=request,
            )
            return

    def _belongs_to(self, session: Session, transaction: Any, connection: Any) -> None:
        for held in self._out.get(id(_record(connection)), [])[-1:]:
            if held.session is None:
                held.session = weakref.ref(session)

    def _executes(
        self, connection: Any, cursor: Any, sql: str, values: Any, context: Any, _: Any
    ) -> None:
        self._sends(connection, sql.split(maxsplit=1)[0].upper() if sql.strip() else sql)

    def _sends(self, connection: Any, what: str) -> None:
        if request := current():
            request.note_pool(_record(connection), SENDS, what)

    def _reset(self, dbapi_connection: Any, record: Any, state: Any) -> None:
        # Of an async driver, nobody can roll back what the garbage collector found.
        if not state.asyncio_safe and (held := self._pop(record)):
            self._tell(held, "nobody but the garbage collector closed it")
        elif state.asyncio_safe and _is_shared(record):
            self._given_back(dbapi_connection, record)

    def _checked_in(self, dbapi_connection: Any, record: Any) -> None:
        # Of several who have the one connection of a StaticPool, only the first is checked in.
        if not _is_shared(record):
            self._given_back(dbapi_connection, record)

    def _detached(self, dbapi_connection: Any, record: Any) -> None:
        # By now the record is in the pool again, and another thread may have taken it.
        mine = self._out.get(id(record), ())
        if any(held.connection == id(dbapi_connection) for held in mine):
            self._given_back(dbapi_connection, record)

    def _given_back(self, dbapi_connection: Any, record: Any) -> None:
        if (held := self._pop(record)) is None:
            return
        # In Python, what no cycle keeps comes back at once; what one keeps, when it is looked for.
        # That of an async driver was told at its reset: to close it lets the loop go on, and who
        # takes the record meanwhile has it taken away by SQLAlchemy.
        is_async = held.pool._dialect.is_async
        if not is_async and calls("_finalize_fairy") and threading.get_ident() in self._collecting:
            self._tell(held, "nobody but the garbage collector gave it back")
        elif held.request is not None and not held.request.has_ended:
            held.request.note_pool(record, ENDS)

    def _pop(self, record: Any) -> Held | None:
        mine = self._out.get(id(record))
        if not mine:
            return None
        request = current()
        held = next((one for one in mine[::-1] if one.request is request), mine[-1])
        mine.remove(held)
        if not mine:
            del self._out[id(record)]
        return held

    def _all(self) -> Iterator[Held]:
        for mine in [*self._out.values()]:
            yield from mine

    def request_ended(self, request: Request) -> None:
        for held in self._all():
            if held.request is request:
                held.outlived = True

    def test_ended(self, passed: bool) -> None:
        for held in [*self._all()]:
            if held.test != self.run.test or not held.for_one_test:
                continue
            if held.outlived or passed:
                who = "request" if held.outlived else "test"
                self._tell(held, f"the {who} ended, and it was still out")

    def _tell(self, held: Held, how: str) -> None:
        """Tell of a connection that did not come back, unless somebody may still want it."""
        if held.request is None and not held.for_one_test:
            return
        session = held.session and held.session()
        made = self._sessions.made(session)
        if made and not (made.for_one_test or made.request):
            return
        # A request's own task may go on as that of the test; any other may still want it.
        own = (held.request.task if held.request else None, current_task())
        if _alive(held.task) is not None and held.task not in own:
            return
        self._forget(held)
        by_request = held.request is not None and (made is None or made.request is held.request)
        reading = [f"by the session made at {made.place}"] if made and made.place else []
        request = held.request if by_request else None
        where = held.place or (request.endpoint if request else None)
        self.run.found(
            LEFT, f"took a connection; {how}", where, *reading, request=request, test=held.test
        )

    def _forget(self, held: Held) -> None:
        mine = self._out.get(id(held.record), [])
        if held in mine:
            mine.remove(held)


def _alive(reference: Any) -> Any:
    task = reference() if reference is not None else None
    return None if task is None or task.done() else task


def _is_shared(record: Any) -> bool:
    return isinstance(record._ConnectionRecord__pool, StaticPool)


def _record(connection: Any) -> Any:
    return connection.connection._connection_record
