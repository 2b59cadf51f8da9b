"""What the conductor knows of PostgreSQL: it asks the server who waits for whom, and no clock.

A step that waits for a lock waits in the server, and goes on there by itself. Who does is read
from `pg_locks`, which is of one moment, and for whom from `pg_blocking_pids`, on a connection of
their own (https://www.postgresql.org/docs/current/functions-info.html). A deadlock is found by who
closes the circle, at once: others' `deadlock_timeout` is longer meanwhile.
"""

import contextlib
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from sqlalchemy.util import greenlet_spawn

from lantern.databases import Database, execute
from lantern.steps import (
    ALL,
    BEGIN,
    COMMIT,
    COMMITTED,
    INSIDE,
    NOTHING,
    OTHER,
    READ,
    ROLLBACK,
    WRITE,
    Pending,
    Touch,
    Transaction,
)

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

ROWS, TABLES = "locks of rows", "locks of tables"
DEADLOCK = "40P01"
NEVER, AT_ONCE = "60s", "1ms"  # deadlock_timeout, of who cannot close a circle and of who may
WHO_WAITS = """
WITH waiting AS MATERIALIZED (SELECT DISTINCT pid FROM pg_locks WHERE NOT granted)
SELECT pid, pg_blocking_pids(pid) FROM waiting
UNION ALL
SELECT pid, pg_safe_snapshot_blocking_pids(pid) FROM pg_stat_activity
WHERE datname = current_database() AND wait_event = 'SafeSnapshot'
"""
CALLED = re.compile(r'"?(\w+)"?\s*\(')
NAMES_COLUMNS = re.compile(r"\bINTO\s+[\w.\"]+\s*\(", re.IGNORECASE)
# What stands before a parenthesis, and does no more than compute.
COMPUTING = """
abs all and any array_agg as avg by cast char coalesce count date_trunc distinct else except exists
extract filter from greatest having ilike in intersect join least length like lower max min not now
nullif on or over round row_number select set string_agg sum then union upper using values varchar
when where
"""
HARMLESS = frozenset(COMPUTING.split())


class PostgreSQL(Database):
    """It has a line for each lock, in which who came first goes on first.

    `orders_deadlocks`: the user may say who finds one; else the server decides by its clock.
    """

    has_line = True

    def __init__(self, engine: "AsyncEngine") -> None:
        super().__init__(engine)
        self.default_level = ""
        self.orders_deadlocks = False
        self._touched: set[Any] = set()
        self._own_pool: Any = None
        self._own: Any = None

    async def begin(self) -> None:
        await super().begin()
        self._own_pool = self.engine.pool.recreate()
        self._own = await greenlet_spawn(self._own_pool.connect)
        driver = self._own.dbapi_connection
        await greenlet_spawn(self.engine.dialect.set_isolation_level, driver, "AUTOCOMMIT")
        ((self.default_level,),) = await self._ask("SHOW default_transaction_isolation")
        with contextlib.suppress(self.engine.dialect.loaded_dbapi.Error):
            # Only who may say how soon a deadlock is looked for can say who finds it.
            await self._ask(f"SET deadlock_timeout = '{NEVER}'")
            self.orders_deadlocks = True

    async def end(self) -> None:
        for connection in self._touched:
            with contextlib.suppress(Exception):  # it may have been closed meanwhile
                await greenlet_spawn(execute, connection, "RESET deadlock_timeout")
                await greenlet_spawn(connection.commit)
        await greenlet_spawn(self._own.close)
        await greenlet_spawn(self._own_pool.dispose)

    async def _ask(self, sql: str) -> list[Any]:
        return await greenlet_spawn(execute, self._own.dbapi_connection, sql)

    async def who_waits(self, live: Iterable[int]) -> dict[int, set[int]]:
        """Return the server processes that wait for one of these, and for which."""
        live = set(live)
        found = {pid: live & set(blocking) for pid, blocking in await self._ask(WHO_WAITS)}
        return {pid: blocking for pid, blocking in found.items() if pid in live and blocking}

    def process_of(self, connection: Any) -> int:
        """Return the number of the server's process behind a connection."""
        driver = connection.driver_connection
        if ask := getattr(driver, "get_server_pid", None):  # asyncpg
            return int(ask())
        return int(driver.info.backend_pid)

    def socket_of(self, connection: Any) -> int:
        driver = connection.driver_connection
        if transport := getattr(driver, "_transport", None):  # asyncpg, which does not promise it
            sock = transport.get_extra_info("socket")
            return int(sock.fileno()) if sock else -1
        return -1 if getattr(driver, "closed", True) else int(driver.fileno())

    def make_ready(self, connection: Any, held: Transaction, somebody_waits: bool) -> None:
        """Say how soon a deadlock is looked for; ask once a transaction whether its waits end.

        Neither takes a snapshot.
        """
        if held.has_failed:
            return  # it would be refused
        if self.orders_deadlocks:
            self._touched.add(connection)
            soon = AT_ONCE if somebody_waits else NEVER
            execute(connection, f"SET deadlock_timeout = '{soon}'")
        if held.ends_waits is None:
            names = ("lock_timeout", "statement_timeout")
            held.ends_waits = any(execute(connection, f"SHOW {n}")[0][0] != "0" for n in names)

    def is_open(self, connection: Any, kind: str) -> bool:
        driver = connection.driver_connection
        if ask := getattr(driver, "is_in_transaction", None):  # asyncpg
            return not driver.is_closed() and bool(ask())
        return bool(driver.info.transaction_status.name in ("ACTIVE", "INTRANS", "INERROR"))

    def ended_by_clock(self, error: Exception) -> bool:
        return not self.orders_deadlocks and getattr(error, "sqlstate", "") == DEADLOCK

    def level_of(self, connection: Any) -> str:
        """Return the isolation level of a connection's transactions, in PostgreSQL's words."""
        level = getattr(connection, "isolation_level", None)  # asyncpg
        level = level or getattr(connection.driver_connection, "isolation_level", None)
        told = str(getattr(level, "name", level or "")).lower().replace("_", " ")
        return self.default_level if told in ("", "autocommit") else told

    def pending(
        self, kind: str, sql: str, values: Any, held: Transaction, connection: Any
    ) -> Pending:
        commits = bool(connection.autocommit) and not held.is_open
        level = self.level_of(connection)
        return Pending(kind, sql, values, touched(kind, sql, held, level, commits))


def touched(kind: str, sql: str, held: Transaction, level: str, commits: bool) -> Touch:
    """Say what a step touches on PostgreSQL; `commits` if it is a transaction by itself.

    A statement sees what was committed when it began, at REPEATABLE READ when the transaction's
    first one did, and a SELECT waits for no row and is waited for by nobody. All who write meet,
    for foreign keys and triggers lock what no statement names. An error ends a transaction's locks
    at once, so that in one which has some each statement may let others go on. At SERIALIZABLE each
    step may decide whom the server refuses, so that they all meet.
    """
    if kind == BEGIN or (kind == INSIDE and sql.lstrip()[:9].upper() == "SAVEPOINT"):
        return NOTHING
    if kind in (OTHER, INSIDE) or held.is_unclear or level == "serializable" or calls(sql):
        return ALL
    if kind in (COMMIT, ROLLBACK):
        if not held.has_place:
            return Touch(reads=frozenset({TABLES}))
        changes = {ROWS, COMMITTED} if kind == COMMIT else {ROWS}
        return Touch(changes=frozenset(changes))
    looks = level == "read committed" or not held.has_read
    reads = frozenset({TABLES, COMMITTED} if looks or kind == WRITE else {TABLES})
    if kind == READ and not held.has_place:
        return Touch(reads)
    return Touch(reads, frozenset({ROWS, COMMITTED} if commits else {ROWS}))


def calls(sql: str) -> bool:
    """Tell whether a statement may call a function of which it is not known what it does."""
    without_columns = NAMES_COLUMNS.sub("", sql)
    into = sql.lstrip()[:6].upper() == "SELECT" and re.search(r"\bINTO\b", sql, re.IGNORECASE)
    return bool(into) or any(
        name.lower() not in HARMLESS for name in CALLED.findall(without_columns)
    )
