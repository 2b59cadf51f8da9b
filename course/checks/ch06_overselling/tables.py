"""The tables of a database: what stands in them, what a transaction writes, and all put back."""

import sqlite3
from typing import Any

from course.checking.exercise import Plain
from course.checks.ch06_overselling.rows import SHARE, Change, Row, literal

Rows = dict[str, dict[int, Plain]]  # by table and id


class Tables:
    """The tables of a file of SQLite's, through a connection of their own.

    `keys` names for a table the column in which it has no value twice. Every table has an `id`.
    """

    def __init__(self, database: str, keys: dict[str, str]) -> None:
        self.aside = sqlite3.connect(database, timeout=0, isolation_level=None)
        self.keys = keys

    def close(self) -> None:
        """Close the connection."""
        self.aside.close()

    def rows(self) -> Rows:
        """Return all rows that are committed."""
        named = "SELECT name FROM sqlite_master WHERE type = 'table' AND name <> 'touched'"
        rows: Rows = {}
        for (table,) in self.aside.execute(named).fetchall():
            found = self.aside.execute(f"SELECT * FROM {table}")
            names = [column[0] for column in found.description]
            dicts = [dict(zip(names, row, strict=True)) for row in found]
            rows[table] = {row["id"]: row for row in dicts}
        return rows

    def watch(self) -> None:
        """Let the database note which rows a transaction writes, also where nothing changes.

        A new row is one that nobody else can want, but for its key.
        """
        self.aside.execute("CREATE TABLE IF NOT EXISTS touched (name, value)")
        for table in self.rows():
            key = self.keys.get(table)
            for verb, row in (("INSERT", "NEW"), ("UPDATE", "OLD"), ("DELETE", "OLD")):
                notes = [f"('{table}.{key}', {row}.{key})"] if key else []
                notes += [f"('{table}', OLD.id)"] if row == "OLD" else []
                if verb == "INSERT":
                    parents = self.parents(table).items()
                    notes += [f"('{SHARE}{parent}', NEW.{own})" for own, parent in parents]
                if notes:
                    self.aside.execute(
                        f"CREATE TRIGGER IF NOT EXISTS touched_{table}_{verb} "
                        f"AFTER {verb} ON {table} "
                        f"BEGIN INSERT INTO touched VALUES {', '.join(notes)}; END"
                    )

    def parents(self, table: str) -> dict[str, str]:
        """Return the tables that the foreign keys of a table name, by their columns."""
        keys = self.aside.execute(f"PRAGMA foreign_key_list({table})")
        return {own: parent for _, _, parent, own, *_ in keys}

    def changes(self, before: Rows) -> list[Change]:
        """Return what is not as it was."""
        after = self.rows()
        return [
            (table, number, before[table].get(number), after[table].get(number))
            for table in before
            for number in before[table] | after[table]
            if before[table].get(number) != after[table].get(number)
        ]

    def put_back(self, before: Rows) -> None:
        """Let all be as it was."""
        changes = self.changes(before)
        for table, number, _, _ in changes:
            self.aside.execute(f"DELETE FROM {table} WHERE id = {number}")
        for table, _, row, _ in changes:
            if row:
                values = ", ".join(map(literal, row.values()))
                self.aside.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({values})")
        self.aside.execute("DELETE FROM touched")


def touched(cursor: Any, letter: str = "") -> set[Row]:
    """Return the rows that a transaction has written; those that it shares are this letter's."""
    cursor.execute("SELECT name, value FROM touched")
    found = cursor.fetchall()
    return {(name + letter * name.startswith(SHARE), value) for name, value in found}
