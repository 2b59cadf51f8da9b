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
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from sqlalchemy import Select, event
from sqlalchemy.exc import IntegrityError, InternalError, OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.sql.util import find_tables
from sqlalchemy.util import await_only

from course.checking.attempts import attempt, plain
from course.checking.exercise import Plain
from course.checks.ch06_overselling.every_order import NAMES
from course.checks.ch06_overselling.rows import (
    A_QUERY,
    Doing,
    Effect,
    against_all,
    apart,
    deadlocks,
    for_rows,
)
from course.checks.ch06_overselling.tables import Tables, touched
from lantern.errors import first_line
from lantern.events import listening
from lantern.steps import BEGIN, COMMIT, INSIDE, OTHER, ROLLBACK, WRITE, Step, kind_of, table_of

Call = Callable[[], Awaitable[Any]]
Place = tuple[int, str, int]

CAME = "INSERT INTO touched VALUES ('came', 1)"
# What PostgreSQL raises, by the names that psycopg gives it.
DeadlockDetected = type("DeadlockDetected", (sqlite3.OperationalError,), {})
InFailedSqlTransaction = type("InFailedSqlTransaction", (sqlite3.InternalError,), {})
DeadlockDetected.__module__ = InFailedSqlTransaction.__module__ = "psycopg.errors"
ABORTED = "current transaction is aborted, commands ignored until end of transaction block"
FOREIGN_KEY = (
    " Who inserts a row holds the row that its foreign key names, too, against FOR UPDATE."
)
BETWEEN, WITHIN, DEADLOCK = "between", "within", "deadlock"


@dataclass
class Plan:
    """Where the other call comes: before the step of this number, within it, or in its way.

    In its way it stands before its own step of number `until`. `free` are the places in which it
    could come, `came` if it did. `lost` if what it wrote went with the transaction that it was
    written through, and has to be written again: on PostgreSQL it is committed.
    """

    at: int = -1
    how: str = BETWEEN
    until: int = 0
    free: list[Place] = field(default_factory=list)
    came: bool = False
    lost: bool = False
    through: Any = None
    is_out_of_date: bool = False  # the call has committed something since its effect was seen
    sets_trap: bool = False  # the step is one within which it comes


class Meanwhile:
    """Two calls on an engine of their own; the second one comes between the steps of the first.

    `keys` names for a table the column in which it has no value twice.
    """

    def __init__(
        self, engine: AsyncEngine, call: Call, other: Call, keys: dict[str, str] | None = None
    ) -> None:
        self.engine, self.call, self.other, self.keys = engine, call, other, keys or {}
        self.doing = Doing("A")
        self.plan: Plan | None = None
        self.effect: Effect | None = None
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
            trace = Plan()
            await self._run(trace, before)
            for place in list(self._places(trace)):
                plan = Plan(*place)
                outcome = await self._run(plan, before)
                if plan.came and "is locked" not in outcome["error"]:
                    end = self._end(plan, outcome, plain(await look()))
                    ends.setdefault(repr((end["outcomes"], end["left"])), end)
            tables.put_back(self.rows)
        return list(ends.values())

    def _places(self, trace: Plan) -> Iterator[Place]:
        yield from trace.free
        for step, until in deadlocks(self.doing, self.first.doing):
            yield step, DEADLOCK, until

    async def _run(self, plan: Plan, before: Call) -> Plain:
        """Run the call with the other one in its place."""
        self.tables.put_back(self.rows)
        self.used.clear()
        await before()
        self.plan, self.effect, self.doing = plan, self.first, Doing("A")
        with self._watching():
            outcome = await attempt(self.call)
        self.plan = None
        if plan.lost:
            self._write(self.tables.aside)
        return outcome.as_dict()

    def _end(self, plan: Plan, outcome: Plain, left: Any) -> Plain:
        assert self.effect
        steps = self.doing.steps
        return {
            "outcomes": [outcome, self.effect.outcome],
            "left": left,
            "steps": [asdict(step) | {"values": plain(step.values)} for step in steps],
            "schedule": "".join(step.task for step in steps),
            "orders": 1,
            "how": plan.how,
        }

    async def _alone(self) -> Effect:
        """See what the other call does now, alone, and take it back."""
        ours, plan, self.doing, self.plan = self.doing, self.plan, Doing("B"), None
        before = self.tables.rows()
        with self._watching():
            outcome = await attempt(self.other)
        changes = self.tables.changes(before)
        doing, self.doing, self.plan = self.doing, ours, plan
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
        event.listen(*rewrites, retval=True)
        try:
            with listening(*listeners):
                yield
        finally:
            event.remove(*rewrites)

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
            if self._is_deadlock():
                raise OperationalError(sql, values, DeadlockDetected("deadlock detected"))
        return given

    def _is_deadlock(self) -> bool:
        """Let the other call be in the way of the step, which is ended for it."""
        plan, number = self.plan, len(self.doing.steps) - 1
        if not plan or not self.effect or plan.came or (number, DEADLOCK) != (plan.at, plan.how):
            return False
        self.doing.steps[-1:-1] = self.effect.doing.steps[: plan.until]
        plan.came = plan.lost = True
        return True

    def _note(self, kind: str, sql: str, values: Any = ()) -> None:
        self.doing.steps.append(Step(self.doing.letter, kind, sql, values))

    def _place(self, connection: Any, kind: str, sql: str = "", values: Any = ()) -> Any:
        """Let the other call come before, or within, the next step, if it is time; return it."""
        driver, plan = connection.connection.dbapi_connection, self.plan
        if plan and self.effect:
            cursor = driver.cursor()
            is_new = driver not in self.used
            is_plain = "isolation_level" not in connection.get_execution_options()
            if is_new and plan.is_out_of_date and not plan.came:
                self.effect, plan.is_out_of_date = await_only(self._alone()), False
            if plan.lost:
                self._come(driver, is_new)
            elif not plan.came and is_plain and self._is_free(cursor):
                now = len(self.doing.steps)
                # Between two transactions SQLite lets others come as well.
                plan.free += [(now, BETWEEN, 0)] * (not is_new)
                plan.free += [(now, WITHIN, 0)] * (kind == WRITE and bool(A_QUERY.search(sql)))
                if (now, WITHIN) == (plan.at, plan.how):
                    sql, values = self._come_within(driver, sql, values)
                elif (now, BETWEEN) == (plan.at, plan.how):
                    self._come(driver, is_new)
                    self.doing.steps += self.effect.doing.steps
            cursor.close()
        self.used.add(driver)
        return sql, values

    def _is_free(self, cursor: Any) -> bool:
        """Tell whether the call holds no row that the other one wants.

        A SELECT that locks rows looks first, and may wait then for the other one's COMMIT. It looks
        once more at rows that have changed.
        """
        assert self.effect
        last = len(self.doing.steps) - 1
        held = touched(cursor, "A") | {row for step, row in self.doing.locked if step < last}
        locked = {row for step, row in self.doing.locked if step == last}
        changed = {(table, number) for table, number, before, _ in self.effect.changes if before}
        return held.isdisjoint(self.effect.doing.rows) and locked.isdisjoint(changed)

    def _come(self, driver: Any, is_new: bool) -> None:
        """Write what the other call did: aside, or through a transaction that has begun to look."""
        assert self.effect and self.plan
        self.plan.came, self.plan.lost = True, False
        if is_new:
            with contextlib.suppress(sqlite3.OperationalError):  # the writer's place is taken
                self._write(self.tables.aside)
                return
        cursor = driver.cursor()
        cursor.execute("SELECT max(rowid) FROM touched")
        last = cursor.fetchone()[0] or 0
        self._write(cursor)
        cursor.execute(f"DELETE FROM touched WHERE rowid > {last}")
        cursor.close()
        self.plan.through = driver

    def _write(self, to: Any) -> None:
        assert self.effect
        for statement in self.effect.statements():
            with contextlib.suppress(sqlite3.IntegrityError):  # it is there already
                to.execute(statement)
        if to is self.tables.aside:
            to.execute("DELETE FROM touched")

    def _come_within(self, driver: Any, sql: str, values: Any) -> tuple[str, Any]:
        """Let the other call commit when a statement has looked, and before it writes.

        Then it waits for a row that both want, and looks once more at this row, but not at what
        queries within it gave. Where both want other rows, it is as if the other call came after.
        """
        assert self.effect and self.plan
        if not (table := table_of(sql)):
            return sql, values
        cursor = driver.cursor()
        if sql.lstrip()[:6].upper() == "INSERT":
            cursor.execute(
                f"CREATE TEMP TRIGGER meanwhile BEFORE INSERT ON main.{table} "
                "WHEN NOT EXISTS (SELECT 1 FROM touched WHERE name = 'came') "
                f"BEGIN {'; '.join([*self.effect.statements(), CAME])}; END"
            )
            self.plan.sets_trap = True
        else:
            changed = {number for name, number, before, _ in self.effect.changes if name == table}
            cursor.execute("SAVEPOINT meanwhile")
            cursor.execute(sql, values)
            cursor.fetchall()
            hit = [number for name, number in touched(cursor) if name == table]
            cursor.execute("ROLLBACK TO SAVEPOINT meanwhile")
            cursor.execute("RELEASE SAVEPOINT meanwhile")
            if not changed.isdisjoint(hit):
                self._come(driver, is_new=False)
                self.doing.steps += self.effect.doing.steps
                sql, values = for_rows(sql, values, hit)
        cursor.close()
        return sql, values

    def _after_step(self, connection: Any, *_: Any) -> None:
        if not self.watches:
            return
        plan, driver = self.plan, connection.connection.dbapi_connection
        cursor = driver.cursor()
        self.doing.take(len(self.doing.steps) - 1, touched(cursor, self.doing.letter))
        if plan and plan.sets_trap:
            plan.sets_trap, plan.came = False, ("came", 1) in touched(cursor)
            if plan.came:
                self._show_who_came(driver)
            cursor.execute("DELETE FROM touched WHERE name = 'came'")
            cursor.execute("DROP TRIGGER temp.meanwhile")
        cursor.close()

    def _show_who_came(self, driver: Any) -> None:
        """Put the other one's steps before the step that is being taken."""
        assert self.effect and self.plan
        self.doing.steps[-1:-1] = self.effect.doing.steps
        self.plan.through = driver

    def _after_error(self, context: Any) -> None:
        if context.connection is None or not self.watches or not self.doing.steps:
            return
        driver = context.connection.connection.dbapi_connection
        error = context.original_exception
        gave = first_line(getattr(error, "orig", error))  # ours is SQLAlchemy's already
        self.doing.steps[-1] = replace(self.doing.steps[-1], gave=gave)
        if isinstance(context.sqlalchemy_exception, IntegrityError):
            self.failed = driver
            if self.plan and self.plan.sets_trap:  # the statement is undone, and the trap's with it
                self.plan.sets_trap, self.plan.came, self.plan.lost = False, True, True
                self._show_who_came(driver)
                cursor = driver.cursor()
                cursor.execute("DROP TRIGGER temp.meanwhile")
                cursor.close()

    def _commit(self, connection: Any) -> None:
        if not self.watches:
            return
        self._place(connection, COMMIT)
        self._end_of(connection)
        cursor = connection.connection.dbapi_connection.cursor()
        if touched(cursor):
            cursor.execute("DELETE FROM touched")
            if self.plan:
                self.plan.is_out_of_date = True
        cursor.close()
        if self.plan and self.plan.through is connection.connection.dbapi_connection:
            self.plan.through = None
        self._note(COMMIT, "COMMIT")

    def _rollback(self, connection: Any) -> None:
        if not self.watches:
            return
        self._end_of(connection)
        self._lose(connection)
        self._note(ROLLBACK, "ROLLBACK")
        if self.plan and self.effect and self.plan.came and self.plan.until:
            self.doing.steps += self.effect.doing.steps[self.plan.until :]
            self.plan.until = 0

    def _rollback_savepoint(self, connection: Any, *_: Any) -> None:
        if self.watches:
            self.failed = None
            self._lose(connection)

    def _lose(self, connection: Any) -> None:
        """What the other one wrote through this transaction is undone: it has to come again."""
        plan = self.plan
        if plan and plan.came and plan.through is connection.connection.dbapi_connection:
            plan.lost, plan.through = True, None

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
