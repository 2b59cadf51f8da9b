"""What PostgreSQL lets come between the steps of a call, played on SQLite.

At READ COMMITTED, PostgreSQL's default, a statement sees what is committed when it begins, and
waits for nobody but who has written, or locked, a row that it wants to write
(https://www.postgresql.org/docs/current/transaction-iso.html). So as long as a call holds no row
that another one wants, the other one may begin and commit; SQLite lets nobody commit beside a
transaction that writes. Here the other one's rows are written through the call's own connection,
between two of its steps, so that the next one sees them, as it would there.

Who inserts a row holds what its foreign keys name, FOR KEY SHARE: that keeps FOR UPDATE waiting,
and no UPDATE of other columns. It does not see what a DELETE, or an UPDATE of a key, does to such
a lock, nor a query within a SET, which PostgreSQL does not ask again either.
"""

import contextlib
import sqlite3
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import asdict, replace
from typing import Any

from sqlalchemy import Select
from sqlalchemy.exc import IntegrityError, InternalError, OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.sql.util import find_tables
from sqlalchemy.util import await_only

from course.checking.attempts import attempt, plain
from course.checking.exercise import Plain
from course.checks.ch06_overselling.every_order import NAMES
from course.checks.ch06_overselling.rows import Doing, Effect, against_all, apart, deadlocks
from course.checks.ch06_overselling.tables import Tables, touched
from course.checks.ch06_overselling.visit import DEADLOCK, WITHIN, Place, Visit
from lantern.errors import first_line
from lantern.events import listening
from lantern.steps import BEGIN, COMMIT, INSIDE, OTHER, ROLLBACK, Step, kind_of

Call = Callable[[], Awaitable[Any]]

# What PostgreSQL raises, by the names that psycopg gives it.
DeadlockDetected = type("DeadlockDetected", (sqlite3.OperationalError,), {})
InFailedSqlTransaction = type("InFailedSqlTransaction", (sqlite3.InternalError,), {})
DeadlockDetected.__module__ = InFailedSqlTransaction.__module__ = "psycopg.errors"
ABORTED = "current transaction is aborted, commands ignored until end of transaction block"
FOREIGN_KEY = (
    " Who inserts a row holds the row that its foreign key names, too, against FOR UPDATE."
)


class Meanwhile:
    """Two calls on an engine of their own; the second one comes between the steps of the first.

    `keys` names for a table the column in which it has no value twice.
    """

    def __init__(
        self, engine: AsyncEngine, call: Call, other: Call, keys: dict[str, str] | None = None
    ) -> None:
        self.engine, self.call, self.other, self.keys = engine, call, other, keys or {}
        self.doing = Doing("A")
        self.visit: Visit | None = None
        self.used: set[Any] = set()  # connections that have taken a step in their transaction
        self.failed: Any = None  # one whose transaction had an error
        self.locks = ""  # what the next statement says at its end, and SQLAlchemy leaves out here
        self.watches = False  # a call runs, and no step of ours

    async def ends(self, before: Call, look: Call) -> list[Plain]:
        """Let the other call come wherever it can; return the ends, told as `every_order` does.

        `before` is awaited before each run; the rows are put back to what they are now. PostgreSQL
        can come to each of the ends. An id of the other call's new rows is APART more than what it
        returned.
        """
        ends: dict[str, Plain] = {}
        tables = Tables(str(self.engine.url.database), self.keys)
        with contextlib.closing(tables) as self.tables, self._listening():
            self.rows = tables.rows()
            tables.watch()
            await before()
            self.first = await self._alone()
            trace = self._planned()
            await self._run(trace, before)
            for place in list(self._places(trace)):
                visit = self._planned(*place)
                outcome = await self._run(visit, before)
                if visit.came and "is locked" not in outcome["error"]:
                    end = self._end(visit, outcome, plain(await look()))
                    ends.setdefault(repr((end["outcomes"], end["left"])), end)
            tables.put_back(self.rows)
        return list(ends.values())

    def _planned(self, *place: Any) -> Visit:
        return Visit(self.first, Doing("A"), self.tables, *place)

    def _places(self, trace: Visit) -> Iterator[Place]:
        yield from trace.free
        for step, until in deadlocks(trace.doing, self.first.doing):
            yield step, DEADLOCK, until

    async def _run(self, visit: Visit, before: Call) -> Plain:
        """Run the call with the other one in its place."""
        self.tables.put_back(self.rows)
        self.used.clear()
        await before()
        self.visit, self.doing = visit, visit.doing
        with self._watching():
            outcome = await attempt(self.call)
        self.visit = None
        if visit.lost:
            visit.write(self.tables.aside)
        return outcome.as_dict()

    def _end(self, visit: Visit, outcome: Plain, left: Any) -> Plain:
        steps = visit.doing.steps
        return {
            "outcomes": [outcome, visit.effect.outcome],
            "left": left,
            "steps": [asdict(step) | {"values": plain(step.values)} for step in steps],
            "schedule": "".join(step.task for step in steps),
            "orders": 1,
            "how": visit.how,
        }

    async def _alone(self) -> Effect:
        """See what the other call does now, alone, and take it back."""
        ours, visit, self.doing, self.visit = self.doing, self.visit, Doing("B"), None
        before = self.tables.rows()
        with self._watching():
            outcome = await attempt(self.other)
        changes = self.tables.changes(before)
        doing, self.doing, self.visit = self.doing, ours, visit
        self.tables.put_back(before)
        parents = {table: self.tables.parents(table) for table in before}
        return Effect(outcome.as_dict(), apart(changes, parents), doing)

    @contextlib.contextmanager
    def _watching(self, now: bool = True) -> Iterator[None]:
        before, self.watches = self.watches, now
        try:
            yield
        finally:
            self.watches = before

    @contextlib.contextmanager
    def _listening(self) -> Iterator[None]:
        engine = self.engine.sync_engine
        rewrites = (engine, "before_cursor_execute", self._before_step)
        listeners = (
            (engine, "connect", _wait_for_nobody),
            (engine, "before_execute", self._before_statement),
            (engine, "after_cursor_execute", self._after_step),
            (engine, "handle_error", self._after_error),
            (engine, "commit", self._commit),
            (engine, "rollback", self._rollback),
            (engine, "rollback_savepoint", self._rollback_savepoint),
        )
        with listening(rewrites, retval=True), listening(*listeners):
            yield

    def _before_statement(self, connection: Any, statement: Any, many: Any, *given: Any) -> None:
        """Note which rows a SELECT … FOR UPDATE locks elsewhere."""
        lock = getattr(statement, "_for_update_arg", None)
        if lock is None or not self.watches or not isinstance(statement, Select):
            return
        self.locks = " FOR UPDATE SKIP LOCKED" if lock.skip_locked else " FOR UPDATE"
        of = {getattr(one, "table", one) for one in lock.of or ()}
        with self._watching(False):
            for table in of or find_tables(*statement.get_final_froms()):
                ids = statement.with_only_columns(table.c.id, maintain_column_froms=True)
                found = connection.execute(ids, *given[:1]).scalars().all()
                names = [table.name] if lock.key_share or lock.read else against_all(table.name)
                step, rows = len(self.doing.steps), {(one, n) for one in names for n in found}
                self.doing.locked += [(step, row) for row in rows]
                if lock.skip_locked:  # it waits for nobody
                    self.doing.taken.insert(0, [(step, rows)])
                else:
                    self.doing.take(step, rows)

    def _before_step(
        self, connection: Any, _: Any, sql: str, values: Any, context: Any, many: bool
    ) -> Any:
        given = sql, values
        if self.watches:
            kind = kind_of(sql)
            if kind not in (BEGIN, INSIDE):
                if self.failed is connection.connection.dbapi_connection:
                    self._note(kind, sql, values)
                    raise InternalError(sql, values, InFailedSqlTransaction(ABORTED))
                given = self._place(connection, OTHER if many else kind, sql, values)
            self._note(kind, sql + self.locks, values)
            self.locks = ""
            if self.visit and self.visit.is_deadlock():
                raise OperationalError(sql, values, DeadlockDetected("deadlock detected"))
        return given

    def _note(self, kind: str, sql: str, values: Any = ()) -> None:
        self.doing.steps.append(Step(self.doing.letter, kind, sql, values))

    def _place(self, connection: Any, kind: str, sql: str = "", values: Any = ()) -> Any:
        """Let the other call come before, or within, the next step, if it is time; return it."""
        driver, visit = connection.connection.dbapi_connection, self.visit
        if visit:
            is_new = driver not in self.used
            is_plain = "isolation_level" not in connection.get_execution_options()
            if is_new and visit.is_out_of_date and not visit.came:
                visit.effect, visit.is_out_of_date = await_only(self._alone()), False
            sql, values = visit.before(driver, is_new, is_plain, kind, sql, values)
        self.used.add(driver)
        return sql, values

    def _after_step(self, connection: Any, *_: Any) -> None:
        if not self.watches:
            return
        driver = connection.connection.dbapi_connection
        cursor = driver.cursor()
        self.doing.take(len(self.doing.steps) - 1, touched(cursor, self.doing.letter))
        if self.visit:
            self.visit.after(driver, cursor)
        cursor.close()

    def _after_error(self, context: Any) -> None:
        if context.connection is None or not self.watches or not self.doing.steps:
            return
        driver = context.connection.connection.dbapi_connection
        error = context.original_exception
        gave = first_line(getattr(error, "orig", error))  # ours is SQLAlchemy's already
        self.doing.steps[-1] = replace(self.doing.steps[-1], gave=gave)
        if isinstance(context.sqlalchemy_exception, IntegrityError):
            self.failed = driver
            if self.visit:
                self.visit.after_error(driver)

    def _commit(self, connection: Any) -> None:
        if not self.watches:
            return
        self._place(connection, COMMIT)
        self._end_of(connection)
        driver = connection.connection.dbapi_connection
        cursor = driver.cursor()
        if has_written := bool(touched(cursor)):
            cursor.execute("DELETE FROM touched")
        cursor.close()
        if self.visit:
            self.visit.commit(driver, has_written)
        self._note(COMMIT, "COMMIT")

    def _rollback(self, connection: Any) -> None:
        if not self.watches:
            return
        self._end_of(connection)
        self._lose(connection)
        self._note(ROLLBACK, "ROLLBACK")
        if self.visit:
            self.visit.go_on()

    def _rollback_savepoint(self, connection: Any, *_: Any) -> None:
        if self.watches:
            self.failed = None
            self._lose(connection)

    def _lose(self, connection: Any) -> None:
        if self.visit:
            self.visit.lose(connection.connection.dbapi_connection)

    def _end_of(self, connection: Any) -> None:
        self.used.discard(connection.connection.dbapi_connection)
        self.failed = None
        self.doing.taken.append([])
        self.doing.locked.clear()


def on_postgresql(end: Plain) -> str:
    """Say in a sentence or two how it comes to such an end."""
    first, second = NAMES[:2]
    told = "On SQLite it holds, where one connection writes at a time. "
    if end["how"] == DEADLOCK:
        return (
            f"{told}On PostgreSQL {first} and {second} may each hold a row that the other one "
            f"waits for, and one of them is ended with an error.{FOREIGN_KEY * _is_upgrade(end)}"
        )
    told += (
        f"On PostgreSQL {second} may come between, since {first} holds no row yet that {second} "
        "waits for."
    )
    if end["how"] == WITHIN:
        told += f" {first}'s statement has looked already, and writes when {second} has committed."
    return told


def _is_upgrade(end: Plain) -> bool:
    """Tell whether who was ended in a deadlock asked FOR UPDATE, and had inserted a row before."""
    own = [step for step in end["steps"] if step["task"] == "A"]
    asked = [n for n, one in enumerate(own) if one["gave"] and one["sql"].endswith(" FOR UPDATE")]
    return any(step["sql"].startswith("INSERT") for step in own[: (asked or [0])[0]])


def _wait_for_nobody(connection: Any, record: Any) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA busy_timeout = 0")
    cursor.close()
