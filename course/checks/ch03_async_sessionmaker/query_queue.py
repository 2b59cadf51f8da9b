"""Where queries wait for each other, so that it can be counted how many go on at once."""

import asyncio
from dataclasses import dataclass
from typing import Any

from sqlalchemy import event
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.util import await_

from course.checking.patience import SOON, until_idle


@dataclass(frozen=True)
class Waiting:
    """A query that waits on a connection; `counts`: what it asks about is not spare."""

    connection: int
    answer: asyncio.Future[None]
    counts: bool


class QueryQueue:
    """The place where queries wait for each other, so that what goes on at once can be counted.

    A query is answered when no more arrive: what is seen does not depend on the machine's speed.
    `asked` queries at once are all that come. Once it `is_open`, nobody waits here.
    """

    def __init__(self, engine: AsyncEngine, spare: set[int], asked: int) -> None:
        self.waiting: list[Waiting] = []
        self.spare, self.asked = spare, asked
        self.tasks: set[asyncio.Task[Any]] = set()
        self.queries = self.most = 0
        self.shared = self.is_open = False
        self.fails_in = 0  # rounds; 0 is never
        self.arrived = asyncio.Event()
        event.listen(engine.sync_engine, "before_cursor_execute", self._before)

    def _before(
        self, connection: Any, cursor: Any, statement: str, values: Any, *rest: Any
    ) -> None:
        # SQLAlchemy calls this inside its greenlet, so that it may wait.
        if not statement.startswith("BEGIN") and not self.is_open:
            counts = not self.spare.issuperset(values)
            await_(self._queue(id(connection.connection.driver_connection), counts))

    async def _queue(self, connection: int, counts: bool) -> None:
        task = asyncio.current_task()
        assert task is not None
        future = asyncio.get_running_loop().create_future()
        self.shared = self.shared or any(connection == other.connection for other in self.waiting)
        entry = Waiting(connection, future, counts)
        self.waiting.append(entry)
        self.tasks.add(task)
        self.queries += 1
        self.most = max(self.most, len(self.waiting))
        self.arrived.set()
        try:
            await future
        finally:
            self.waiting.remove(entry)

    def report(self) -> dict[str, Any]:
        """Return what was counted, as plain data."""
        return {
            "most queries": self.most,
            "queries": self.queries,
            "tasks": len(self.tasks),
            "shared": self.shared,
        }

    async def serve(self) -> None:
        """Answer whoever waits once nobody else can come, for ever."""
        while True:
            await self.arrived.wait()
            if len(self.waiting) < self.asked:
                await until_idle(SOON)
            self.arrived.clear()
            # Who was answered a moment ago may still stand here.
            unanswered = [entry for entry in self.waiting if not entry.answer.done()]
            failing = [entry for entry in unanswered if entry.counts]
            if failing and self.fails_in:
                self.fails_in -= 1
                if not self.fails_in:
                    refused = Exception("disk I/O error")
                    failing[0].answer.set_exception(OperationalError(None, None, refused))
                    # Whoever lets the error out before the others have ended does so now.
                    await until_idle(SOON)
            for entry in self.waiting:
                if not entry.answer.done():
                    entry.answer.set_result(None)
