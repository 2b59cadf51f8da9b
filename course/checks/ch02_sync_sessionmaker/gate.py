"""What ch02-ex4 looks through: queries and connections of a whole app, and a crowd at a gate."""

import asyncio
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from anyio.to_thread import current_default_thread_limiter
from sqlalchemy import Connection, Engine, QueuePool
from sqlalchemy.pool import Pool
from sqlalchemy.util.queue import Empty, Queue

from course.checking.patience import LATE
from lantern.events import listening
from lantern.pulse import is_queued

USUAL_THREADS = 40
MOST_THREADS = 200  # who asks for more gets these, so that the crowd outnumbers the threads
CALM = 12  # looks in a row at which nothing had moved
LOOK = 0.01  # seconds from one to the next


class PatientQueue(Queue[Any]):
    """The queue of a pool: who waits in it gives up when told to, and not by the clock.

    The thread of the loop must be told by itself, since while it waits nobody looks on: it gives
    up, for all, when nobody has moved for some looks and no thread waited for a processor.
    """

    given_up = True
    loop_thread: int | None = None

    def get(self, block: bool = True, timeout: float | None = None) -> Any:
        if not block:
            return super().get(block=False)
        on_loop, calm = threading.get_ident() == self.loop_thread, 0
        with self.not_empty:
            while self._empty():
                if self.given_up or calm == CALM:
                    self.set_given_up(True)
                    raise Empty
                self.not_empty.wait(0.05 if on_loop else None)
                calm = calm + 1 if on_loop and not _is_any_queued() else 0
            return self._get()

    def set_given_up(self, given_up: bool) -> None:
        with self.not_empty:
            self.given_up = given_up
            self.not_empty.notify_all()


class PatientPool(QueuePool):
    _queue_class = PatientQueue


class Gate:
    """Counts queries and connections of all engines; closed, it holds the queries of a crowd.

    It opens when all requests stand where they can go no further. Who can be served then
    depends on who holds what, and not on who was faster. `most` connections were out at once,
    `out` still are; `foreign` queries came through another pool than that of the given engine,
    `on_loop` through a blocking driver on the loop's own thread.

    It is told of every pool, also of those that come after an app that never ends: whoever waits
    for that no longer closes `looks`.
    """

    def __init__(self, engine: Engine, looks: ExitStack) -> None:
        self.engine, self.looks = engine, looks
        self.connections: PatientQueue = vars(engine.pool)["_pool"]
        self.opened = threading.Event()
        self.opened.set()
        self.queries = self.foreign = self.on_loop = self.most = 0
        # Only these: what an earlier program left to the garbage collector comes back at any time.
        self.held: set[Any] = set()
        self.fails = False
        # A connection that nobody gave back is kept, so that no garbage collection can hide it.
        self.lent: list[Any] = []
        self.loop_thread = self.connections.loop_thread = threading.get_ident()
        self.counting = threading.Lock()

    @property
    def out(self) -> int:
        """How many connections are in use."""
        return len(self.held)

    @contextmanager
    def watch(self, closed: bool = False) -> Iterator[None]:
        """Look on while the block runs; `closed` holds what comes until all is calm."""
        if closed:
            self.opened.clear()
        listeners = (
            (Engine, "before_cursor_execute", self._query),
            (Pool, "checkout", self._checkout),
            (Pool, "checkin", self._checkin),
        )
        with self.looks.enter_context(ExitStack()) as look:
            look.enter_context(listening(*listeners))
            try:
                yield
            finally:
                self.opened.set()

    @contextmanager
    def broken(self) -> Iterator[None]:
        """Let every query fail while the block runs."""
        self.fails = True
        try:
            yield
        finally:
            self.fails = False

    def _query(self, connection: Connection, cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith("BEGIN"):
            return
        if self.fails:
            raise sqlite3.OperationalError("disk I/O error")
        with self.counting:
            self.queries += 1
            self.foreign += connection.engine.pool is not self.engine.pool
        if threading.get_ident() != self.loop_thread:
            self.opened.wait()
        elif connection.engine.pool is self.engine.pool or not connection.dialect.is_async:
            self.on_loop += 1  # the given engine is a sync one, whatever its dialect says by now

    def _checkout(self, connection: Any, record: Any, lent: Any) -> None:
        with self.counting:
            self.lent.append(lent)
            self.held.add(record)
            self.most = max(self.most, self.out)

    def _checkin(self, connection: Any, record: Any) -> None:
        # A thread that ends a dependency may be as slow as one that has a query.
        if record in self.held and threading.get_ident() != self.loop_thread:
            self.opened.wait()
        with self.counting:
            self.held.discard(record)

    async def look_on(self, done: Callable[[], int], hung: Callable[[], None]) -> None:
        """Open the gate when everything stands still.

        When it does so again, nobody gets a connection any more; when even then, it is `hung`.
        """
        for next_step in (self.opened.set, lambda: self.connections.set_given_up(True), hung):
            await self._until_calm(done)
            next_step()

    async def _until_calm(self, done: Callable[[], int]) -> None:
        """Wait until nothing has moved, and no thread waited for a processor, for some looks."""
        before, calm, looked = None, 0.0, time.perf_counter()
        threads = current_default_thread_limiter()
        known = threads.total_tokens
        while calm < CALM:
            await asyncio.sleep(LOOK)
            # On a busy machine who is to move may come late as well.
            looked, before_that = time.perf_counter(), looked
            counts = LATE if looked - before_that > 3 * LOOK else 1.0
            # Whoever raises them now comes too late: the crowd was counted.
            threads.total_tokens = known
            seen = threads.statistics()
            now = (seen.borrowed_tokens, seen.tasks_waiting, self.queries, len(self.lent), done())
            calm = calm + counts if now == before and not _is_any_queued() else 0.0
            before = now


def _is_any_queued() -> bool:
    others = set(threading.enumerate()) - {threading.current_thread()}
    return any(map(is_queued, others))


def crowd_for(requests: int) -> int:
    """Return how many guests come: so many, or as many more than an app's raised threads."""
    threads = current_default_thread_limiter()
    threads.total_tokens = min(threads.total_tokens, MOST_THREADS)
    return max(requests, requests - USUAL_THREADS + int(threads.total_tokens))
