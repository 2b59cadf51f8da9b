"""Connections that wait: in a transaction, or after the answer had begun, while nothing is asked.

A wait counts for as long as the program had nothing to do: no thread of it computed, or was ready
to. A busy machine makes no wait longer. What is computed meanwhile is no wait, and what a database
is waited for, with this connection or another, is none either.
"""

import asyncio
import gc
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.pool import Pool

from lantern.events import Listener
from lantern.plugin import places
from lantern.plugin.connections import Connections, Held
from lantern.plugin.findings import HELD, IDLE, Place
from lantern.plugin.places import is_theirs, place
from lantern.plugin.requests import Request, current, current_in, current_task
from lantern.plugin.run import Run, Watcher
from lantern.plugin.sessions import Sessions
from lantern.plugin.transactions import commits_by_itself
from lantern.pulse import CAN_OBSERVE, NO_WORK, PATIENT_TURNS, others_queue

LIMIT = 0.1  # seconds
WORKER = "anyio._backends._asyncio"  # whose threads run what is not async


@dataclass
class Wait:
    """What a connection does after a statement, until the next one or until it is given back."""

    request: Request
    held: Held
    asked_at: Place | None
    task: Any
    in_transaction: bool
    # Seconds in which nothing was to do, and where the request was then: before the first byte of
    # the answer, and after it.
    seconds: dict[bool, float] = field(default_factory=lambda: {False: 0.0, True: 0.0})
    places: dict[bool, Place | None] = field(default_factory=dict)
    streak: list[float] = field(default_factory=list)
    after_last_byte: bool = False


class Waits(Watcher):
    """Follows what each connection of a request does between its statements."""

    def __init__(self, run: Run, connections: Connections, sessions: Sessions) -> None:
        super().__init__(run)
        self._connections, self._sessions = connections, sessions
        self._waits: dict[int, Wait] = {}  # by the pool's record of the connection
        self._before: tuple[float, float] | None = None

    def listeners(self) -> Iterable[Listener]:
        if not CAN_OBSERVE:
            return ()
        return (
            (Engine, "before_cursor_execute", lambda connection, *_: self._asks(connection)),
            (Engine, "after_cursor_execute", self._executed),
            (Engine, "commit", self._ends),
            (Engine, "rollback", self._ends),
            (Pool, "reset", lambda dbapi_connection, record, state: self._over(record)),
            (Pool, "detach", lambda dbapi_connection, record: self._over(record)),
        )

    def _asks(self, connection: Any) -> None:
        """Forget a wait after the answer that ends with a question: it was not the last one."""
        record = _record(connection)
        if wait := self._waits.get(id(record)):
            wait.seconds[True] = 0.0
            self._over(record)

    def _ends(self, connection: Any) -> None:
        self._over(_record(connection))

    def _executed(
        self, connection: Any, cursor: Any, sql: str, values: Any, context: Any, _: Any
    ) -> None:
        request = current()
        record = _record(connection)
        held = self._connections.holder(record)
        # Rows that come one by one are asked for without a word.
        streams = context is not None and getattr(context, "_is_server_side", False)
        if request is None or held is None or held.request is not request or streams:
            return
        self._waits[id(record)] = Wait(
            request, held, place(), current_task(), not commits_by_itself(connection)
        )

    def look(self) -> None:
        """Add what has passed since the last look, where nothing was to do in the meantime."""
        if not self._waits:
            self._before = None
            return
        now, used = time.perf_counter(), time.process_time() - time.thread_time()
        before, self._before = self._before, (now, used)
        still = before is not None and used - before[1] < NO_WORK and not others_queue()
        for wait in [*self._waits.values()]:
            if before is None or not still:
                wait.streak.clear()
                continue
            lines = [*_lines(wait)]
            if any(line is None for line in lines):  # a database is waited for
                wait.streak.clear()
                continue
            wait.streak.append(now - before[0])
            if len(wait.streak) < PATIENT_TURNS:
                continue
            has_begun = wait.request.status is not None
            wait.seconds[has_begun] += sum(wait.streak)
            wait.streak.clear()
            wait.after_last_byte = wait.request.is_answered
            if lines and has_begun not in wait.places:
                wait.places[has_begun] = lines[0]

    def _over(self, record: Any) -> None:
        if wait := self._waits.pop(id(record), None):
            self._judge(wait)

    def request_ended(self, request: Request) -> None:
        for key, wait in [*self._waits.items()]:
            if wait.request is request:
                del self._waits[key]
                self._judge(wait)

    def _judge(self, wait: Wait) -> None:
        made = self._sessions.made(wait.held.session and wait.held.session())
        asked = [f"its last query was at {wait.asked_at}"] if wait.asked_at else []
        for has_begun, seconds in wait.seconds.items():
            if seconds < LIMIT or (has_begun and made is not None and made.is_of_tests):
                continue
            where = wait.places.get(has_begun)
            if has_begun:
                whom = (
                    "what comes after the answer"
                    if wait.after_last_byte
                    else "the rest of the answer"
                )
                self.run.found(
                    HELD,
                    f"held a connection while {whom} was waited for, and asked nothing more",
                    where or wait.request.endpoint,
                    f"{seconds:.1f} s after the last query",
                    *asked,
                    request=wait.request,
                )
            elif where is not None and wait.in_transaction:
                self.run.found(
                    IDLE,
                    "waited for something else while a transaction was open",
                    where,
                    f"idle for {seconds:.1f} s",
                    *asked,
                    request=wait.request,
                )


def _lines(wait: Wait) -> Iterator[Place | None]:
    """Yield the project's lines at which the request is; None where it waits for a database."""
    tasks = [task and task() for task in (wait.task, wait.request.sender, wait.request.task)]
    stacks = [*_threads(wait.request), *(_awaited(task) for task in tasks if task is not None)]
    for stack in stacks:
        for frame in stack:
            if frame.f_code is places.boundary:
                break
            if frame.f_globals.get("__name__", "").startswith("sqlalchemy."):
                yield None
                break
            if is_theirs(frame.f_code.co_filename):
                yield place(iter([frame]))
                break


def _threads(request: Request) -> Iterator[list[FrameType]]:
    """Yield the frames, innermost first, of each thread that works for a request."""
    for frame in [*sys._current_frames().values()]:
        stack: list[FrameType] = []
        at: FrameType | None = frame
        while at is not None:
            if at.f_globals.get("__name__") == WORKER and at.f_code.co_name == "run":
                if current_in(at.f_locals.get("context")) is request:
                    yield stack
                break
            stack.append(at)
            at = at.f_back


def _awaited(task: Any) -> list[FrameType]:
    """Return the frames of what a task awaits, innermost first."""
    stack: list[FrameType] = []
    waiting = task
    while waiting is not None:
        if isinstance(waiting, asyncio.Task):
            waiting = waiting.get_coro() if not waiting.done() else None
            continue
        for kind, awaits in (("cr", "await"), ("ag", "await"), ("gi", "yieldfrom")):
            if hasattr(waiting, f"{kind}_frame"):
                if frame := getattr(waiting, f"{kind}_frame"):
                    stack.append(frame)
                waiting = getattr(waiting, f"{kind}_{awaits}")
                break
        else:
            # A step of an async generator does not say whose step it is.
            steps = (it for it in gc.get_referents(waiting) if hasattr(it, "ag_frame"))
            waiting = next(steps, None)
    return stack[::-1]


def _record(connection: Any) -> Any:
    return connection.connection._connection_record
