"""How another call comes once between the steps of a call, at a place that was chosen for it."""

import contextlib
import sqlite3
from dataclasses import dataclass, field
from typing import Any

from course.checks.ch06_overselling.rows import A_QUERY, Doing, Effect, for_rows
from course.checks.ch06_overselling.tables import Tables, touched
from lantern.steps import WRITE, table_of

Place = tuple[int, str, int]

CAME = "INSERT INTO touched VALUES ('came', 1)"
BETWEEN, WITHIN, DEADLOCK = "between", "within", "deadlock"


@dataclass
class Visit:
    """Where the other call comes: before the step of this number, within it, or in its way.

    `effect` is what it comes to, and `doing` what the call does that it comes to. In its way it
    stands before its own step of number `until`. `free` are the places in which it could come,
    `came` if it did. `lost` if what it wrote went with the transaction that it was written through,
    and has to be written again: on PostgreSQL it is committed.
    """

    effect: Effect
    doing: Doing
    tables: Tables
    at: int = -1
    how: str = BETWEEN
    until: int = 0
    free: list[Place] = field(default_factory=list)
    came: bool = False
    lost: bool = False
    through: Any = None
    is_out_of_date: bool = False  # the call has committed something since its effect was seen
    sets_trap: bool = False  # the step is one within which it comes

    def before(
        self, driver: Any, is_new: bool, is_plain: bool, kind: str, sql: str, values: Any
    ) -> tuple[str, Any]:
        """Come before, or within, the next step, if it is time; return the step.

        `is_new`: its transaction has taken no step so far. `is_plain`: it has the usual isolation.
        """
        cursor = driver.cursor()
        if self.lost:
            self._come(driver, is_new)
        elif not self.came and is_plain and self._is_free(cursor):
            now = len(self.doing.steps)
            # Between two transactions SQLite lets others come as well.
            self.free += [(now, BETWEEN, 0)] * (not is_new)
            self.free += [(now, WITHIN, 0)] * (kind == WRITE and bool(A_QUERY.search(sql)))
            if (now, WITHIN) == (self.at, self.how):
                sql, values = self._come_within(driver, sql, values)
            elif (now, BETWEEN) == (self.at, self.how):
                self._come(driver, is_new)
                self.doing.steps += self.effect.doing.steps
        cursor.close()
        return sql, values

    def is_deadlock(self) -> bool:
        """Let the other call be in the way of the step, which is ended for it."""
        number = len(self.doing.steps) - 1
        if self.came or (number, DEADLOCK) != (self.at, self.how):
            return False
        self.doing.steps[-1:-1] = self.effect.doing.steps[: self.until]
        self.came = self.lost = True
        return True

    def _is_free(self, cursor: Any) -> bool:
        """Tell whether the call holds no row that the other one wants.

        A SELECT that locks rows looks first, and may wait then for the other one's COMMIT. It looks
        once more at rows that have changed.
        """
        last = len(self.doing.steps) - 1
        held = touched(cursor, "A") | {row for step, row in self.doing.locked if step < last}
        locked = {row for step, row in self.doing.locked if step == last}
        changed = {(table, number) for table, number, before, _ in self.effect.changes if before}
        return held.isdisjoint(self.effect.doing.rows) and locked.isdisjoint(changed)

    def _come(self, driver: Any, is_new: bool) -> None:
        """Write what the other call did: aside, or through a transaction that has begun to look."""
        self.came, self.lost = True, False
        if is_new:
            with contextlib.suppress(sqlite3.OperationalError):  # the writer's place is taken
                self.write(self.tables.aside)
                return
        cursor = driver.cursor()
        cursor.execute("SELECT max(rowid) FROM touched")
        last = cursor.fetchone()[0] or 0
        self.write(cursor)
        cursor.execute(f"DELETE FROM touched WHERE rowid > {last}")
        cursor.close()
        self.through = driver

    def write(self, to: Any) -> None:
        """Write what the other call did through a cursor, or a connection."""
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
        if not (table := table_of(sql)):
            return sql, values
        cursor = driver.cursor()
        if sql.lstrip()[:6].upper() == "INSERT":
            cursor.execute(
                f"CREATE TEMP TRIGGER meanwhile BEFORE INSERT ON main.{table} "
                "WHEN NOT EXISTS (SELECT 1 FROM touched WHERE name = 'came') "
                f"BEGIN {'; '.join([*self.effect.statements(), CAME])}; END"
            )
            self.sets_trap = True
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

    def after(self, driver: Any, cursor: Any) -> None:
        """See whether it came within the step, which has been taken."""
        if self.sets_trap:
            self.sets_trap, self.came = False, ("came", 1) in touched(cursor)
            if self.came:
                self._show_who_came(driver)
            cursor.execute("DELETE FROM touched WHERE name = 'came'")
            cursor.execute("DROP TRIGGER temp.meanwhile")

    def after_error(self, driver: Any) -> None:
        """Come within a step that was refused: it is undone, and the trap's writing with it."""
        if self.sets_trap:
            self.sets_trap, self.came, self.lost = False, True, True
            self._show_who_came(driver)
            cursor = driver.cursor()
            cursor.execute("DROP TRIGGER temp.meanwhile")
            cursor.close()

    def _show_who_came(self, driver: Any) -> None:
        """Put the other one's steps before the step that is being taken."""
        self.doing.steps[-1:-1] = self.effect.doing.steps
        self.through = driver

    def commit(self, driver: Any, has_written: bool) -> None:
        """Be stored with a transaction of the call's, where it was written through that."""
        self.is_out_of_date |= has_written
        if self.through is driver:
            self.through = None

    def lose(self, driver: Any) -> None:
        """What the other one wrote through this transaction is undone: it has to come again."""
        if self.came and self.through is driver:
            self.lost, self.through = True, None

    def go_on(self) -> None:
        """Take the steps that stood in the call's way, now that it has rolled back."""
        if self.came and self.until:
            self.doing.steps += self.effect.doing.steps[self.until :]
            self.until = 0
