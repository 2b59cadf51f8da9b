"""See how many connections of a pool are in use, and when."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine
from sqlalchemy.pool import QueuePool

from lantern.events import listening
from lantern.sql import sync_side

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine


@dataclass
class PoolWatch:
    """Steps (seconds since the start, connections in use), the first at (0.0, in use then)."""

    steps: list[tuple[float, int]] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def in_use(self) -> int:
        """Connections in use at the last step."""
        return self.steps[-1][1]

    @property
    def most(self) -> int:
        """The largest number of connections in use at one time."""
        return max(count for _, count in self.steps)


def connections_in_use(engine: "Engine | AsyncEngine") -> int:
    """Return how many connections of the engine's pool are in use, as a QueuePool counts them.

    Raises TypeError for another class of pool: it counts none.
    """
    pool = sync_side(engine).pool
    if not isinstance(pool, QueuePool):
        raise TypeError(f"{type(pool).__name__} counts no connections; a QueuePool does")
    return pool.checkedout()


@contextmanager
def pool_watch(engine: "Engine | AsyncEngine") -> Iterator[PoolWatch]:
    """Record every checkout and checkin of the engine's pool; lantern.draw_pool draws it.

    Raises TypeError for a pool that counts no connections: only a QueuePool does.
    """
    target = sync_side(engine)
    began = time.perf_counter()
    watch = PoolWatch([(0.0, connections_in_use(target))])

    def step(change: int) -> None:
        watch.steps.append((time.perf_counter() - began, watch.in_use + change))

    def on_checkout(*_: Any) -> None:
        step(+1)

    def on_checkin(*_: Any) -> None:
        step(-1)

    with listening((target, "checkout", on_checkout), (target, "checkin", on_checkin)):
        try:
            yield watch
        finally:
            watch.seconds = time.perf_counter() - began


@contextmanager
def checkins(engine: "Engine | AsyncEngine") -> Iterator[list[str]]:
    """Collect, for each connection that goes back to the pool, what its driver says of it.

    "open" is one on which a transaction goes on, which the pool does not ask for, and "clean" one
    without; "closed" goes back no more. It asks `in_transaction`, which the drivers for SQLite
    have; of a driver's connection that has none it says "unknown".
    """
    said: list[str] = []

    def ask(connection: Any, record: Any) -> None:
        if connection is None:
            said.append("closed")
        else:
            goes_on = getattr(record.driver_connection, "in_transaction", None)
            said.append("unknown" if goes_on is None else "open" if goes_on else "clean")

    with listening((sync_side(engine), "checkin", ask)):
        yield said
