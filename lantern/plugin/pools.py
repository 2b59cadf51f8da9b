"""Pools made small, so that who holds one connection and wants another fails at once."""

import contextlib
import functools
import weakref
from collections.abc import Iterator
from typing import Any

from sqlalchemy.exc import TimeoutError
from sqlalchemy.pool import QueuePool

from lantern.events import replaced
from lantern.plugin.connections import Connections, Held
from lantern.plugin.places import place
from lantern.plugin.run import Run, Watcher

LONGEST = 5.0  # seconds that anybody waits for a connection


class Pools(Watcher):
    """Gives every pool that waits, a QueuePool, so many connections and no more."""

    def __init__(self, run: Run, connections: Connections, size: int) -> None:
        super().__init__(run)
        self._connections, self._size = connections, size
        self._small: weakref.WeakSet[Any] = weakref.WeakSet()

    @contextlib.contextmanager
    def at_work(self) -> Iterator[None]:
        """Make each pool small, and ask who holds its connections before anybody waits."""
        pool_class: Any = QueuePool
        get = pool_class._do_get

        @functools.wraps(get)
        def getting(pool: Any) -> Any:
            self._make_small(pool)
            holders = self._connections.of(pool)
            if len(holders) >= self._size and any(map(self._connections.is_own, holders)):
                raise TimeoutError(
                    f"It waits for itself: {_wanted()}, with a pool of {self._size}, is wanted"
                    f" by who holds one that is out: {_told(holders)}."
                )
            try:
                return get(pool)
            except TimeoutError as error:
                error.add_note(
                    f"{_wanted()} was wanted; out were {_told(self._connections.of(pool))}"
                )
                raise

        # What a pool is made with is asked of its __init__, which stays as it is.
        with replaced(pool_class, "_do_get", getting):
            yield

    def _make_small(self, pool: Any) -> None:
        """Do so before its first connection is taken."""
        if pool in self._small:
            return
        self._small.add(pool)
        pool._pool.maxsize, pool._max_overflow = self._size, 0
        pool._overflow = -self._size
        pool._timeout = min(pool._timeout, LONGEST)


def _wanted() -> str:
    where = place()
    return f"the connection at {where}" if where else "a connection"


def _told(holders: list[Held]) -> str:
    return ", ".join(
        f"the one taken at {held.place or 'no line of this project'}" for held in holders
    )
