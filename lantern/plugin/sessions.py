"""Sessions: where each was made, which was used after its close, and which by two tasks at once."""

import contextlib
import functools
import sys
import threading
import weakref
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from lantern.events import Listener, replaced
from lantern.plugin.findings import CLOSED, SHARED, Place
from lantern.plugin.places import place
from lantern.plugin.requests import Request, current, current_task
from lantern.plugin.run import Run, Watcher


@dataclass
class Made:
    """Where and for whom a session was made; `closed` is the line that closed it last."""

    place: Place | None
    request: Request | None
    for_one_test: bool
    closed: Place | None = None
    is_closed: bool = False

    @property
    def is_of_tests(self) -> bool:
        """Tell whether the tests made it, and answer for it: a fixture, an override."""
        return (self.place is not None and self.place.in_tests) or (
            self.for_one_test and self.request is None
        )


class Sessions(Watcher):
    """Knows every session that is alive."""

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        self._made: weakref.WeakKeyDictionary[Session, Made] = weakref.WeakKeyDictionary()
        self._of_connection: weakref.WeakKeyDictionary[Any, Made] = weakref.WeakKeyDictionary()
        # By connection: the task or thread that has a statement under way.
        self._at_work: weakref.WeakKeyDictionary[Any, Any] = weakref.WeakKeyDictionary()

    def made(self, session: Any) -> Made | None:
        """Return where a session was made, if it was seen."""
        return None if session is None else self._made.get(session)

    def made_for(self, connection: Any) -> Made | None:
        """Return where the session was made that works on a connection."""
        return self._of_connection.get(connection)

    def listeners(self) -> Iterable[Listener]:
        return (
            (Session, "after_begin", self._begins),
            (Engine, "before_cursor_execute", self._executes),
            (Engine, "after_cursor_execute", self._executed),
            (Engine, "handle_error", self._failed),
        )

    @contextlib.contextmanager
    def at_work(self) -> Iterator[None]:
        """Follow the making and closing of sessions: no event tells."""
        make, close = Session.__init__, Session.close

        @functools.wraps(make)
        def making(session: Session, *args: Any, **options: Any) -> None:
            make(session, *args, **options)
            self._made[session] = Made(place(), current(), self.run.is_for_one_test)

        @functools.wraps(close)
        def closing(session: Session) -> None:
            close(session)
            if (made := self._made.get(session)) and made.request:
                made.is_closed, made.closed = True, place()

        with replaced(Session, "__init__", making), replaced(Session, "close", closing):
            yield

    def _begins(self, session: Session, transaction: Any, connection: Any) -> None:
        made = self._made.get(session)
        if made is not None:
            self._of_connection[connection] = made
        if made is None or not made.is_closed:
            return
        made.is_closed = False
        request = made.request
        self.run.found(
            CLOSED,
            "began a new transaction on a session that was closed",
            place() or (request.endpoint if request else None),
            *(f"made at {line}" for line in [made.place] if line),
            *(f"closed at {line}" for line in [made.closed] if line),
            request=request,
        )

    def _executes(self, connection: Any, *_: Any) -> None:
        me = current_task() or threading.get_ident()
        other = self._at_work.get(connection)
        if other is not None and other != me:
            request = current()
            who = "thread" if isinstance(other, int) else "task"
            self.run.found(
                SHARED,
                f"sent a statement while another {who} had one under way on the same connection",
                place() or (request.endpoint if request else None),
                *(f"the other {who} is at {line}" for line in [_whereabouts(other)] if line),
                request=request,
            )
            return
        self._at_work[connection] = me

    def _executed(self, connection: Any, *_: Any) -> None:
        self._at_work.pop(connection, None)

    def _failed(self, failure: Any) -> None:
        if failure.connection is not None:
            self._at_work.pop(failure.connection, None)


def _whereabouts(other: Any) -> Place | None:
    """Return the innermost line of the project that a task, or a thread, is at."""
    if isinstance(other, int):
        frame = sys._current_frames().get(other)
        stack = []
        while frame is not None:
            stack.append(frame)
            frame = frame.f_back
        return place(iter(stack))
    task = other()
    waiting, stack = task and task.get_coro(), []
    while waiting is not None:
        if frame := getattr(waiting, "cr_frame", None):
            stack.append(frame)
        waiting = getattr(waiting, "cr_await", None)
    return place(reversed(stack))
