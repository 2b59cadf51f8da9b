"""What calls do to the rows of a database, and what becomes of two that want the same ones."""

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from course.checking.exercise import Plain
from lantern.steps import Step

Change = tuple[str, int, Plain | None, Plain | None]
Row = tuple[str, Any]  # a table and an id, or a column without two of a kind, and a value
APART = 1_000_000  # what an id of the other call's is more: a sequence gives none twice
SHARE = "a share of "  # begins the name of a row that is held FOR KEY SHARE, and ends with by whom
A_QUERY = re.compile(r"\bSELECT\b", re.IGNORECASE)


@dataclass
class Doing:
    """What one call does: its steps, and the rows that each transaction takes, step by step.

    `locked` are those of them that the open transaction has locked in a SELECT.
    """

    letter: str
    steps: list[Step] = field(default_factory=list)
    taken: list[list[tuple[int, set[Row]]]] = field(default_factory=lambda: [[]])
    locked: list[tuple[int, Row]] = field(default_factory=list)

    @property
    def rows(self) -> set[Row]:
        """Return all rows that it writes or locks."""
        return {row for transaction in self.taken for row in rows_of(transaction)}

    def take(self, step: int, rows: set[Row]) -> None:
        """Note rows that a step takes, and none before it in this transaction."""
        if rows := rows - rows_of(self.taken[-1]):
            self.taken[-1].append((step, rows))


@dataclass
class Effect:
    """What the other call comes to, alone: its outcome, and how it changes which rows.

    A change is a table, an id, and the row before and after, None where there is none.
    """

    outcome: Plain
    changes: list[Change]
    doing: Doing

    def statements(self) -> Iterator[str]:
        """Yield SQL that changes the rows so: what goes away goes first."""
        for table, number, before, after in sorted(self.changes, key=lambda one: bool(one[3])):
            if after is None:
                yield f"DELETE FROM {table} WHERE id = {number}"
            elif before:
                sets = (f"{name} = {literal(value)}" for name, value in after.items())
                yield f"UPDATE {table} SET {', '.join(sets)} WHERE id = {number}"
            else:
                new = {name: literal(value) for name, value in after.items()}
                yield f"INSERT INTO {table} ({', '.join(new)}) VALUES ({', '.join(new.values())})"


def apart(changes: list[Change], parents: dict[str, dict[str, str]]) -> list[Change]:
    """Return changes in which new rows have ids that nobody else will have.

    `parents` names for a table the columns that hold an id of which other table.
    """
    new = {(table, number) for table, number, before, _ in changes if before is None}

    def renamed(table: str, row: Plain | None) -> Plain | None:
        names = {"id": table} | parents[table]
        return row and {
            name: value + APART if (names.get(name), value) in new else value
            for name, value in row.items()
        }

    return [(table, one, before, renamed(table, after)) for table, one, before, after in changes]


def deadlocks(ours: Doing, others: Doing) -> Iterator[tuple[int, int]]:
    """Yield a step of ours and one of the other's that wait for a row which the other one holds.

    There are some where the rows that one takes first, of those that both take, are not the other
    one's.
    """
    for mine, yours in itertools.product(ours.taken, others.taken):
        both = rows_of(mine) & rows_of(yours)
        first, other = (
            next((rows & both for _, rows in taken if rows & both), both) for taken in (mine, yours)
        )
        if first.isdisjoint(other) and both:
            waits = (
                next(step for step, rows in taken if rows & wanted)
                for taken, wanted in ((mine, other), (yours, first))
            )
            yield next(waits), next(waits)


def against_all(table: str) -> list[str]:
    """Return the names by which a row is held FOR UPDATE: nobody may share it, nor write it."""
    return [table, f"{SHARE}{table}A", f"{SHARE}{table}B"]


def rows_of(taken: list[tuple[int, set[Row]]]) -> set[Row]:
    return {row for _, rows in taken for row in rows}


def for_rows(sql: str, values: Any, numbers: list[int]) -> tuple[str, list[Any]]:
    """Return a statement for rows that it has found, with what it says of them without a query."""
    parts, depth, end = [["", ""]], 0, 0  # the word before a part, and the part
    for found in re.finditer(r"[()]|\b(?:WHERE|AND|RETURNING)\b", sql, re.IGNORECASE):
        depth += {"(": 1, ")": -1}.get(found[0], 0)
        parts[-1][1] += sql[end : found.start()]
        end = found.end()
        if depth or found[0] == ")":
            parts[-1][1] += found[0]
        else:
            parts.append([found[0].upper(), ""])
    parts[-1][1] += sql[end:]
    kept, given = "", iter(values)
    taken: list[Any] = []
    for word, part in parts:
        own = [next(given) for _ in range(part.count("?"))]
        if word == "WHERE":
            kept += f" WHERE id IN ({', '.join(map(str, numbers))})"
            word = "AND"
        if word != "AND" or not A_QUERY.search(part):
            kept, taken = f"{kept} {word} {part}", [*taken, *own]
    return kept, taken


def literal(value: Any) -> str:
    if value is None:
        return "NULL"
    return "'" + value.replace("'", "''") + "'" if isinstance(value, str) else str(value)
