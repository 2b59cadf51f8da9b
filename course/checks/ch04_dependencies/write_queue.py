"""A queue before SQLite's write lock, so that a wait for it is seen, and not slept through."""

import asyncio
import contextlib
import re
from collections.abc import Iterator
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.util import await_

from lantern.events import listening

WRITING = re.compile(r"\s*(BEGIN IMMEDIATE|INSERT|UPDATE|DELETE|REPLACE)\b", re.IGNORECASE)


class WriteQueue:
    """Whoever wants to write while another connection does waits here, as an asyncio task.

    SQLite would let the driver's thread sleep until its busy timeout. What this overlooks is
    still SQLite's affair: it is no lock.
    """

    def __init__(self) -> None:
        self.writer: int | None = None
        self.free = asyncio.Event()

    @contextlib.contextmanager
    def before(self, engine: AsyncEngine) -> Iterator[None]:
        """Stand before an engine while the block runs."""
        listeners = (
            (engine.sync_engine, "before_cursor_execute", self._before),
            (engine.sync_engine, "commit", self._ended),
            (engine.sync_engine, "rollback", self._ended),
            (engine.sync_engine.pool, "checkin", self._given_back),
        )
        with listening(*listeners):
            yield

    def _before(self, connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        if WRITING.match(statement):
            # SQLAlchemy calls this inside its greenlet, so that it may wait.
            await_(self._enter(id(connection.connection.driver_connection)))

    async def _enter(self, connection: int) -> None:
        while self.writer not in (None, connection):
            self.free.clear()
            await self.free.wait()
        self.writer = connection

    def _ended(self, connection: Any) -> None:
        self._leave(id(connection.connection.driver_connection))

    def _given_back(self, connection: Any, record: Any) -> None:
        self._leave(id(connection.driver_connection) if connection else self.writer)

    def _leave(self, connection: int | None) -> None:
        if self.writer == connection:
            self.writer = None
            self.free.set()
