"""Crowds that come to an app at once, for ch04-ex5, and the connections that they have."""

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.pool import Pool, QueuePool
from sqlalchemy.util import await_, greenlet_spawn

from course.checking.attempts import attempt, describe
from course.checking.patience import until_idle
from course.checks.another_loop import on_another_loop
from course.checks.requests import as_it_begins
from lantern import asgi_call
from lantern.events import listening

ROUNDS = 4  # stops of a crowd, after which it goes its own way: queries, exits, answers, queries
QUIET = 1.0  # seconds; what is to come by the clock within them, a crowd waits for
SECONDS = 8.0  # of work, for one crowd

Run = Callable[[], Coroutine[Any, Any, dict[str, Any]]]


class Watch:
    """Counts the connections that are out, of all pools; stops a crowd until nobody else comes.

    A crowd stops at its queries, when a connection is on its way back, and at the first byte of an
    answer. It goes on when nothing else can: who has a connection then does not depend on who was
    faster. `foreign` queries came through another pool than the one of the engine.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self.engine, self.pool = engine, engine.pool
        # By their records; a connection that nobody gives back is kept, so that no garbage
        # collection can hide it.
        self.out: dict[Any, Any] = {}
        self.most = self.foreign = 0
        self.stops, self.fails = False, False
        self.held: list[asyncio.Future[None]] = []

    @contextlib.contextmanager
    def watching(self) -> Iterator[None]:
        """Look on while the block runs."""
        listeners = (
            (Engine, "before_cursor_execute", self._query),
            (Pool, "checkout", self._checkout),
            (Pool, "checkin", self._checkin),
            (Pool, "reset", self._reset),
        )
        with listening(*listeners):
            yield

    def _query(self, connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith("BEGIN"):
            return
        self.foreign += connection.engine.pool is not self.engine.pool
        if self.fails:
            raise sqlite3.OperationalError("disk I/O error")
        if self.stops and connection.dialect.is_async:
            # SQLAlchemy calls this inside its greenlet, so that it may wait.
            await_(self.stop())

    def _checkout(self, connection: Any, record: Any, lent: Any) -> None:
        self.out[record] = lent
        self.most = max(self.most, len(self.out))

    def _checkin(self, connection: Any, record: Any) -> None:
        self.out.pop(record, None)

    def _reset(self, connection: Any, record: Any, state: Any) -> None:
        waits = self.stops and state.asyncio_safe and not state.terminate_only
        if waits and hasattr(connection, "driver_connection"):
            await_(self.stop())

    async def close_all(self) -> None:
        """Give back what an answer did not, while its loop is there."""
        for lent in list(self.out.values()):
            with contextlib.suppress(Exception):
                await greenlet_spawn(lent.close)
        self.out.clear()

    async def stop(self, *_: Any) -> None:
        """Wait until nobody else comes, if the crowd stops here."""
        if self.stops:
            future = asyncio.get_running_loop().create_future()
            self.held.append(future)
            await future

    @contextlib.asynccontextmanager
    async def stopping(self) -> AsyncIterator[None]:
        """Let what runs in the block come to so many stops."""
        self.stops = True
        leader = asyncio.create_task(self._lead())
        try:
            yield
        finally:
            leader.cancel()
            self.stops = False
            self._go_on()

    @contextlib.asynccontextmanager
    async def lending(self, connections: int) -> AsyncIterator[None]:
        """Let others have so many connections of the engine while the block runs."""
        async with contextlib.AsyncExitStack() as others:
            for _ in range(connections):
                await others.enter_async_context(self.engine.connect())
            yield

    async def _lead(self) -> None:
        for number in range(ROUNDS):
            await until_idle(QUIET)
            self.stops = number < ROUNDS - 1
            self._go_on()

    def _go_on(self) -> None:
        held, self.held = self.held, []
        for future in held:
            if not future.done():
                future.set_result(None)

    async def crowd(self, app: Any, paths: Sequence[str]) -> dict[str, Any]:
        """Ask for all these pages at once; return how it ended, and the most connections out."""
        self.most = len(self.out)
        answers: list[list[Any]] = []

        async def ask(path: str) -> None:
            response = await asgi_call(as_it_begins(app, self.stop), "GET", path)
            error = describe(response.error) if response.error else ""
            answers.append([path, response.status, response.body.decode(errors="replace"), error])

        async def ask_all() -> None:
            async with asyncio.TaskGroup() as group:
                for path in paths:
                    group.create_task(ask(path))

        outcome = await attempt(ask_all, SECONDS)
        counts = {"most": self.most, "out": len(self.out)}
        return {**outcome.as_dict(), "answers": sorted(answers, key=str), **counts}

    @property
    def size(self) -> int:
        """How many connections the pool of the engine would give, if none were out."""
        pool: Any = self.engine.pool
        if not isinstance(pool, QueuePool):
            return 0
        return int(pool.size() + pool._max_overflow - (pool.checkedout() - len(self.out)))

    async def started(self, run: Run) -> dict[str, Any]:
        """Run this; its pool is given up at the end, since another loop may come next."""
        try:
            seen = await run()
        except Exception as error:
            seen = {"failed": describe(error)}
        await self.close_all()
        await self.engine.dispose()
        return seen

    async def started_elsewhere(self, run: Run) -> dict[str, Any]:
        """Run this on an event loop of its own, in a thread."""
        return await on_another_loop(lambda _: self.started(run), {"failed": "it did not end"})
