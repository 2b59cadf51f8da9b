"""What the conductor has to know of a database: what a step touches there, and who has to wait."""

import contextlib
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from sqlalchemy.util import greenlet_spawn

from lantern.steps import COMMIT, ROLLBACK, Pending, Transaction, elsewhere, on_sqlite

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

BUSY, BUSY_SNAPSHOT = 5, 517  # https://sqlite.org/rescode.html


class Database:
    """One whose locks are not known here: of the orders of steps that change it none is left out.

    A step that waits there for another task's lock is not seen to do so, and nobody goes on.
    """

    has_line = False  # who waits for a lock does so in the server, which can be asked who does
    orders_deadlocks = (
        False  # which of those that wait in a circle is ended does not depend on time
    )

    def __init__(self, engine: "AsyncEngine") -> None:
        self.engine = engine

    async def begin(self) -> None:
        """Ask what has to be known before the first order."""
        async with self.engine.connect():  # what SQLAlchemy itself asks at first is no step
            pass

    async def end(self) -> None:
        """Leave the engine's connections as they were."""

    def meet(self, connection: Any) -> None:
        """Look at a connection that stands before a step; called in a greenlet."""

    def make_ready(self, connection: Any, held: Transaction, somebody_waits: bool) -> None:
        """Prepare a connection for the step that it takes now; called in a greenlet."""

    def process_of(self, connection: Any) -> int:
        """Return the number of the server's process behind a connection, where there is a line."""
        raise NotImplementedError

    def socket_of(self, connection: Any) -> int:
        """Return the number of a connection's socket, where it has a process."""
        raise NotImplementedError

    async def who_waits(self, live: Iterable[int]) -> dict[int, set[int]]:
        """Return the server's processes that wait for one of these, and for which."""
        raise NotImplementedError

    def pending(
        self, kind: str, sql: str, values: Any, held: Transaction, connection: Any
    ) -> Pending:
        """Say what a step touches."""
        return elsewhere(kind, sql, values)

    def is_open(self, connection: Any, kind: str) -> bool:
        """Tell whether a connection is in a transaction after a step."""
        return kind not in (COMMIT, ROLLBACK)

    def refuses(self, error: Exception) -> bool:
        """Tell whether an error says that the step was not taken, and the transaction goes on."""
        return False

    def ended_by_clock(self, error: Exception) -> bool:
        """Tell whether an error came to this task, and to no other, because of the time it took."""
        return False

    def would_wait(self, error: Exception, kind: str, held: Transaction, connection: Any) -> bool:
        """Tell whether a step that was refused can be taken again once another task has ended."""
        return False


class SQLite(Database):
    """It refuses at once what would have to wait, for its busy timeouts are zero meanwhile.

    `waits` has those that its connections had, in milliseconds.
    """

    def __init__(self, engine: "AsyncEngine") -> None:
        super().__init__(engine)
        self.is_wal = False
        self.waits: dict[Any, int] = {}

    async def begin(self) -> None:
        async with self.engine.connect() as connection:
            mode = await connection.exec_driver_sql("PRAGMA journal_mode")
            self.is_wal = mode.scalar() == "wal"

    async def end(self) -> None:
        for waiting, milliseconds in self.waits.items():
            with contextlib.suppress(Exception):  # it may have been closed meanwhile
                await greenlet_spawn(_pragma, waiting, f"busy_timeout={milliseconds}")

    def meet(self, connection: Any) -> None:
        if connection not in self.waits:
            self.waits[connection] = _pragma(connection, "busy_timeout")
            _pragma(connection, "busy_timeout=0")

    def pending(
        self, kind: str, sql: str, values: Any, held: Transaction, connection: Any
    ) -> Pending:
        waits = self.waits.get(connection, 0) > 0
        return on_sqlite(kind, sql, values, held, self.is_wal, waits)

    def is_open(self, connection: Any, kind: str) -> bool:
        try:
            return bool(connection.driver_connection.in_transaction)
        except ValueError:  # it was closed
            return False

    def refuses(self, error: Exception) -> bool:
        return bool(getattr(error, "sqlite_errorcode", 0) & 0xFF == BUSY)

    def would_wait(self, error: Exception, kind: str, held: Transaction, connection: Any) -> bool:
        """Tell whether SQLite would have waited, with the busy timeout that it has.

        Who holds a snapshot and wants the writer's place is refused at once, whatever the timeout:
        see btreeBeginTrans in https://sqlite.org/src/file/src/btree.c.
        """
        snapshot = getattr(error, "sqlite_errorcode", 0) == BUSY_SNAPSHOT
        at_once = snapshot or (held.has_read and kind != COMMIT)
        return self.refuses(error) and not at_once and self.waits.get(connection, 0) > 0


def _pragma(connection: Any, pragma: str) -> Any:
    return next(iter(execute(connection, f"PRAGMA {pragma}")), (None,))[0]


def execute(connection: Any, sql: str) -> list[Any]:
    """Execute a statement on a driver's connection, and return its rows; called in a greenlet."""
    cursor = connection.cursor()
    try:
        cursor.execute(sql)
        return list(cursor.fetchall()) if cursor.description else []
    finally:
        cursor.close()
