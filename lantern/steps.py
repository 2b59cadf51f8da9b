"""The steps that code takes at a database, and which two of them can be exchanged.

A step is what one call of the driver does: a statement, a COMMIT, a ROLLBACK. What it touches is
known before it is taken: two steps of different tasks can be exchanged, without any difference to
anybody, if neither touches what the other one changes.
"""

import itertools
import re
import string
from dataclasses import dataclass
from typing import Any

START, READ, WRITE, BEGIN, INSIDE, COMMIT, ROLLBACK, OTHER = (
    *("start", "read", "write", "begin", "inside", "commit", "rollback", "other"),
)
WAIT = "wait"  # a statement that waits in the server: it comes again where it has gone on
LETTERS = string.ascii_uppercase  # of the tasks, in their order
FIRST_WORDS = {
    "SELECT": READ,
    "VALUES": READ,
    "INSERT": WRITE,
    "UPDATE": WRITE,
    "DELETE": WRITE,
    "REPLACE": WRITE,
    "BEGIN": BEGIN,
    # These touch nothing outside of their own transaction.
    "SAVEPOINT": INSIDE,
    "RELEASE": INSIDE,
    "ROLLBACK": INSIDE,  # TO a savepoint; the end of a transaction is no statement to SQLAlchemy
}
NOT_WORDS = re.compile(r"(?:\s+|--[^\n]*(?:\n|$)|/\*.*?\*/)*", re.DOTALL)
TABLE = re.compile(r'\b(?:FROM|INTO|UPDATE)\s+"?(\w+)', re.IGNORECASE)
LOCKS_ROWS = re.compile(r"\bFOR\s+(?:NO\s+KEY\s+|KEY\s+)?(?:UPDATE|SHARE)\b", re.IGNORECASE)
TAKES_PLACE = re.compile(r"\b(?:IMMEDIATE|EXCLUSIVE)\b", re.IGNORECASE)

# What tasks share on SQLite: the one place for a writer, and what is committed.
PLACE, COMMITTED, EVERYTHING = "the writer's place", "what is committed", "everything"


def kind_of(sql: str) -> str:
    """Return what a statement does, by its first word; OTHER where that does not tell."""
    found = NOT_WORDS.match(sql)
    word = re.match(r"\w*", sql[found.end() if found else 0 :])
    kind = FIRST_WORDS.get(word[0].upper() if word else "", OTHER)
    return WRITE if kind == READ and LOCKS_ROWS.search(sql) else kind


def table_of(sql: str) -> str:
    """Return the first table that a statement names, or nothing."""
    found = TABLE.search(sql)
    return found[1] if found else ""


@dataclass(frozen=True)
class Touch:
    """What a step reads and what it changes, of what tasks share."""

    reads: frozenset[str] = frozenset()
    changes: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.reads or self.changes)

    def meets(self, other: "Touch") -> bool:
        """Tell whether the order of two steps that touch this and that can make a difference."""
        return EVERYTHING in self.changes | other.changes or not (
            self.changes.isdisjoint(other.reads | other.changes)
            and other.changes.isdisjoint(self.reads)
        )

    def __or__(self, other: "Touch") -> "Touch":
        return Touch(self.reads | other.reads, self.changes | other.changes)


NOTHING, ALL = Touch(), Touch(changes=frozenset({EVERYTHING}))


@dataclass
class Transaction:
    """What a connection holds by now, as far as its steps tell.

    `has_place`: it has written, or locked rows. `is_unclear` after a statement of which the words
    do not tell what it touches. `has_failed` since an error, where this ends a transaction.
    `ends_waits`: it waits for a lock no longer than a time-out; None where that is not known.
    """

    is_open: bool = False
    has_read: bool = False
    has_place: bool = False
    is_unclear: bool = False
    has_failed: bool = False
    ends_waits: bool | None = None

    def note(self, step: "Pending", is_open: bool) -> None:
        """Note a step that was taken; `is_open` is what the driver says after it."""
        took = _takes_place(step.kind, step.sql)
        self.is_open = is_open
        self.has_read = is_open and (self.has_read or took or step.kind in (READ, OTHER))
        self.has_place = is_open and (self.has_place or took)
        self.is_unclear = is_open and (self.is_unclear or step.touch == ALL)
        self.has_failed &= is_open and step.kind != INSIDE
        if not is_open or "timeout" in step.sql.lower():
            self.ends_waits = None


def _takes_place(kind: str, sql: str) -> bool:
    return kind == WRITE or (kind == BEGIN and bool(TAKES_PLACE.search(sql)))


@dataclass(frozen=True)
class Pending:
    """A step that a task is about to take.

    `queues`: it takes SQLite's one place for a writer, and waits for whoever has it.
    """

    kind: str
    sql: str
    values: Any = None
    touch: Touch = NOTHING
    queues: bool = False


def on_sqlite(
    kind: str, sql: str, values: Any, held: Transaction, is_wal: bool, waits: bool
) -> Pending:
    """Say what a step touches on SQLite; `waits` if the connection has a busy timeout.

    A transaction sees what was committed when it first read, and one connection writes at a time;
    who has read already is told at once that the place is taken, and waits for nobody
    (https://sqlite.org/isolation.html, https://sqlite.org/lang_transaction.html). Without WAL, who
    reads is in the way of who commits, so that the end of a reading transaction counts, too.
    """
    if kind == OTHER or held.is_unclear:
        return Pending(kind, sql, values, ALL)
    reads, changes = set(), set()
    takes_place = _takes_place(kind, sql) and not held.has_place
    if kind in (READ, WRITE) and not held.has_read:
        reads.add(COMMITTED)
    if takes_place or (kind in (COMMIT, ROLLBACK) and held.has_place):
        changes.add(PLACE)
    # Without a transaction a statement that writes is one, and commits.
    if (kind == COMMIT and held.has_place) or (kind == WRITE and not held.is_open):
        changes.add(COMMITTED)
    if kind in (COMMIT, ROLLBACK) and held.has_read and not is_wal:
        reads.add(COMMITTED)
    touch = Touch(frozenset(reads), frozenset(changes))
    return Pending(kind, sql, values, touch, queues=waits and takes_place and not held.has_read)


def elsewhere(kind: str, sql: str, values: Any) -> Pending:
    """Say what a step touches on a database whose locks are not known here."""
    touch = {INSIDE: NOTHING, BEGIN: NOTHING, READ: Touch(reads=frozenset({COMMITTED}))}
    return Pending(kind, sql, values, touch.get(kind, ALL))


@dataclass(frozen=True)
class Step:
    """One step as it was taken: by which task, what, with which values, and what it gave.

    `task` is a letter, A for the first. `gave` is told in words: the first row of a SELECT, how
    many rows another statement changed, or the driver's error. Of a WAIT it has the letters of
    those that are waited for. `in_transaction`: one is open after it.
    """

    task: str
    kind: str
    sql: str
    values: Any = None
    gave: str = ""
    in_transaction: bool = False


def given_by(cursor: Any, kind: str) -> str:
    """Say what a statement gave: its first row, or how many rows it changed."""
    if cursor is None:
        return ""
    if cursor.description:
        names = [column[0] for column in cursor.description]
        # SQLAlchemy's adapted cursors have fetched all rows; who reads them has not yet.
        rows = list(itertools.islice(getattr(cursor, "_rows", ()), 2))
        if not rows:
            return "no row"
        first = zip(names, rows[0], strict=True)
        return ", ".join(f"{name} = {value!r}" for name, value in first) + ", …" * (len(rows) > 1)
    if kind == READ or cursor.rowcount < 0:
        return ""
    return f"{cursor.rowcount} row{'' if cursor.rowcount == 1 else 's'}"


@dataclass(frozen=True)
class Order:
    """One order of the steps of all tasks, and what came of it.

    `outcomes` are what the tasks returned, or the exceptions that they raised, in their order.
    `broken` says what the invariant said; it is empty where the invariant held. `schedule` brings
    this order about again: the letter of the task that goes next, for each step. `next` are the
    steps that can come next in an order that has not come to its end. `left_to_server`: at one of
    its steps the server decided by its clock how to go on.
    """

    steps: tuple[Step, ...]
    outcomes: tuple[Any, ...]
    broken: str = ""
    schedule: str = ""
    next: tuple[Step, ...] = ()
    left_to_server: bool = False

    @property
    def switches(self) -> int:
        """How often another task goes on than the one before."""
        return sum(one != after for one, after in itertools.pairwise(self.schedule))
