"""What ch02-ex1 and ch02-ex2 look through: a new database, its sessions, and a second writer."""

import re
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import groupby
from typing import Any

from sqlalchemy import URL, Connection, Executable, event
from sqlalchemy.orm import Session, sessionmaker

from course.checking.attempts import Outcome, Stuck, attempt_sync, interruption
from course.checks.sessions import count_on
from lantern.errors import message_of
from lantern.events import listening
from lantern.pool import connections_in_use
from lantern.theatre import Base, make_sync_engine

LONG = 6.0  # seconds of work for a call that writes hundreds of rows
MOST_STATEMENTS = 6_000  # twice as many as six for each of 500 rows
SETTINGS = ("foreign_keys=ON", "journal_mode=MEMORY", "synchronous=OFF", "busy_timeout=200")
NEVER = MOST_STATEMENTS + 1  # the number of a statement that no answer comes to
Sql = tuple[str, Sequence[Any]]


class WatchedDatabase:
    """A database with these rows, the sessions that an answer makes on it, and another writer.

    A transaction takes its lock with its first write, and what is read is what was committed
    last, as on PostgreSQL: so somebody else, with a connection of his own, can come between a
    look and a write, and cannot come between two writes. Who asks for the write lock gets it.

    With a URL it is one on a PostgreSQL, whose tables are emptied. There locks are of rows: he
    comes wherever no row of the answer's is in his way, also between two writes.
    """

    def __init__(self, rows: Iterable[Base], url: str = "") -> None:
        self.engine = make_sync_engine(url or None, as_shipped=True)
        if not url:
            event.listen(self.engine, "connect", _set_up)
            event.listen(self.engine, "begin", _begin)
            event.listen(self.engine, "savepoint", _begin_before)
        Base.metadata.create_all(self.engine)
        with Session(self.engine) as session, session.begin():
            for table in reversed(Base.metadata.sorted_tables if url else ()):
                session.execute(table.delete())  # a tenth of the time that new tables take
            for _, alike in groupby(rows, type):
                session.add_all(alike)
                session.flush()  # a row of the ledger knows its order by number alone
            if url:
                count_on(session)
        # A session that nobody closed is kept, so that no garbage collection can hide it.
        self.sessions: list[Session] = []
        sessions = self.sessions

        class Kept(Session):
            def __init__(self, *args: Any, **options: Any) -> None:
                super().__init__(*args, **options)
                sessions.append(self)

        self.Session = sessionmaker(self.engine, class_=Kept)
        self.other = _on_postgresql(self.engine.url) if url else _on_sqlite(self.engine.url)
        self.is_elsewhere = bool(url)
        self.statements = self.selects = self.savepoints = self.changes = 0
        self.moments: list[tuple[int, int]] = []
        self.refusal = ""
        self.came = ""

    def call(self, call: Any, rival: Sequence[Sql] = (), moment: int = 0) -> dict[str, Any]:
        """Call an answer; return how it ended and what was seen meanwhile, as plain data.

        The rival's statements are committed right before the answer's statement of that number,
        or as soon after it as no lock of the answer keeps him out; `came` begins like the statement
        that he came before, and is empty if he did not.
        `moments` are the statements before which he could write, and without him somebody else on
        SQLite, each with the number of changes that others had seen by then; `changes` is how many
        they saw in all.
        """
        with self._watch(rival, moment):
            outcome = attempt_sync(call, LONG)
        self._look()
        held = connections_in_use(self.engine)
        for session in self.sessions:
            session.close()
        names = ("statements", "selects", "savepoints", "changes", "moments", "came", "refusal")
        return {**plainly(outcome), **{name: getattr(self, name) for name in names}, "held": held}

    def read(self, statement: Executable) -> list[Any]:
        """Return rows of the database as plain lists, as another program would see them."""
        with self.engine.connect() as connection:
            return [list(row) for row in connection.execute(statement)]

    def write(self, statement: Executable) -> None:
        """Change the database, as another program would."""
        with self.engine.begin() as connection:
            connection.execute(statement)

    def close(self) -> None:
        """Close every connection."""
        self.other.close()
        self.engine.dispose()

    @contextmanager
    def _watch(self, rival: Sequence[Sql], moment: int) -> Iterator[None]:
        self._look()
        self.changes = 0

        def before(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
            self._look()
            self.statements += 1
            if self.statements > MOST_STATEMENTS:
                raise Stuck
            self.selects += statement.lstrip()[:6].upper() == "SELECT"
            if not self.came and self._written(rival, "ROLLBACK"):
                self.moments.append((self.statements, self.changes))
            late = rival and not self.came and self.statements >= moment
            if late and self._written(rival, "COMMIT"):
                self.came = " ".join(statement.split()[:3])

        def refused(context: Any) -> None:
            self.refusal = message_of(context.original_exception)

        def savepoint(connection: Any, name: Any) -> None:
            self.savepoints += 1

        def commit(connection: Connection) -> None:
            self.changes += self.is_elsewhere and _has_written(connection)

        listeners = (
            (self.engine, "before_cursor_execute", before),
            (self.engine, "handle_error", refused),
            (self.engine, "savepoint", savepoint),
            (self.engine, "commit", commit),
        )
        with listening(*listeners):
            yield

    def _look(self) -> None:
        """Count a change that the other writer can see, if there is one since the last look."""
        if self.is_elsewhere:
            return
        with suppress(sqlite3.OperationalError):  # locked: the change is on its way
            (version,) = self.other.execute("PRAGMA data_version").fetchone()
            self.changes += version != getattr(self, "version", version)
            self.version = version

    def _written(self, lines: Sequence[Sql], end: str) -> bool:
        """Let the other writer do this in one transaction; False if he is refused, or must wait."""
        if self.is_elsewhere and not lines:
            return False
        refusals = self.other.OperationalError, self.other.IntegrityError
        try:
            self.other.execute("BEGIN" if self.is_elsewhere else "BEGIN EXCLUSIVE")
            for sql, values in lines:
                self.other.execute(sql.replace("?", "%s") if self.is_elsewhere else sql, values)
            self.other.execute(end)
        except refusals:
            with suppress(*refusals):  # it may not have begun
                self.other.execute("ROLLBACK")
            return False
        return True


def _on_sqlite(url: URL) -> Any:
    path = str(url.database)
    return sqlite3.connect(path, timeout=0, isolation_level=None, check_same_thread=False)


def _on_postgresql(url: URL) -> Any:
    import psycopg

    plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
    # He waits for the answer alone, which stands still meanwhile: no time is too short.
    return psycopg.connect(plain, autocommit=True, options="-c lock_timeout=5ms")


def _set_up(connection: sqlite3.Connection, record: Any) -> None:
    for setting in SETTINGS:
        connection.execute(f"PRAGMA {setting}")


def _begin(connection: Connection) -> None:
    if connection.get_execution_options().get("write"):
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def _begin_before(connection: Connection, name: str) -> None:
    # Python's sqlite3 begins for a write alone; a savepoint outside a transaction would be one.
    driver = connection.connection.dbapi_connection
    if driver and not driver.in_transaction:
        driver.execute("BEGIN")


def _has_written(connection: Connection) -> bool:
    """Tell whether a transaction has an entry in PostgreSQL's book of those that changed rows."""
    driver: Any = connection.connection.dbapi_connection
    if driver.info.transaction_status.name != "INTRANS":  # an error has ended it
        return False
    (number,) = driver.execute("SELECT pg_current_xact_id_if_assigned()::text").fetchone()
    return number is not None


def plainly(outcome: Outcome) -> dict[str, Any]:
    """Return an outcome as plain data; of a value that is no number or text, a few words."""
    value = outcome.value
    if isinstance(value, list | tuple):
        # A tuple whose items have names is one of numbers as well.
        value = repr([*value] if isinstance(value, list) else (*value,))
    elif not isinstance(value, int | str | None):
        value = type(value).__name__
    return {**outcome.as_dict(), "value": value}


def why_interrupted(seen: dict[str, Any], name: str) -> str | None:
    """Say why a call did not return, with what the database said; None if it did."""
    if seen["ended"] == "stuck":
        if seen["statements"] > MOST_STATEMENTS:
            return f"{name} had sent {MOST_STATEMENTS} statements and went on. Is there a loop?"
        return (
            f"{name} had worked, or waited, for {LONG:.0f} s and not returned. Is there a loop "
            "that never ends, or does it wait for a lock that it holds itself?"
        )
    reason = interruption(seen, name)
    if not reason:
        return None
    if "database is locked" in reason:
        reason += (
            " Nobody else wrote meanwhile for long: one of your connections held the lock "
            "that another one of yours waited for. What belongs together belongs in one session."
        )
    if "Query-invoked autoflush" in reason:
        # The first line of this error does not say which column it is about.
        reason += f" The database said: {seen['refusal']}."
    if re.search(r"NOT NULL constraint failed: \w+\.order_id", reason):
        reason += (
            " No order_id was given, or None: order.id is None until the flush, and a flush sends "
            "what was added to the session."
        )
    if "PendingRollbackError" in reason:
        reason += (
            " A flush had failed before, and its error was caught while the transaction that it "
            "had ended was still open: catch it outside of that block; a savepoint's block, "
            "begin_nested(), keeps the rest."
        )
    if "closed transaction inside context manager" in reason:
        reason += (
            " Inside `with ….begin()` the block ends the transaction: no commit(), rollback() or "
            "close() of your own in there, or a savepoint, begin_nested(), for a part."
        )
    if "'IteratorResult' object has no attribute 'rowcount'" in reason:
        reason += (
            " The result of an INSERT into a mapped class that is given its rows beside the "
            "statement has no rowcount: count the rows that RETURNING gives."
        )
    if "DetachedInstanceError" in reason:
        reason += (
            " What an object never read, or forgot at a commit or a rollback, it cannot read when "
            "its session is closed: take what you need before the commit."
        )
    return reason
