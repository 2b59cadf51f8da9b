"""`python -m lantern explain`, as it is typed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from course.project import ROOT

TRACEBACK = """\
ERROR:    Exception in ASGI application
Traceback (most recent call last):
  File "/srv/shop/app/orders.py", line 41, in sell
    session.add(order)
asyncpg.exceptions.UniqueViolationError: duplicate key value violates unique constraint "uq_seat"
DETAIL:  Key (seat)=(7) already exists.

The above exception was the direct cause of the following exception:

Traceback (most recent call last):
  File "/srv/shop/app/orders.py", line 44, in sell
    await session.commit()
sqlalchemy.exc.IntegrityError: (sqlalchemy.dialects.postgresql.asyncpg.IntegrityError) <class \
'asyncpg.exceptions.UniqueViolationError'>: duplicate key value violates unique constraint "uq_seat"
DETAIL:  Key (seat)=(7) already exists.
[SQL: INSERT INTO orders (seat) VALUES ($1::INTEGER)]
(Background on this error at: https://sqlalche.me/e/20/gkpj)
"""


def explain(
    *arguments: str, text: str = "", folder: Path = ROOT
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "lantern", "explain", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1", "COLUMNS": "80"},
        input=text,
        capture_output=True,
        encoding="utf-8",
    )


def test_a_traceback_on_standard_input_is_told_cause_cure_and_page(tmp_path: Path) -> None:
    done = explain(text=TRACEBACK, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    said = done.stdout
    assert said.startswith("sqlalchemy.exc.IntegrityError: (sqlite3.IntegrityError) UNIQUE")
    for words in ("\nCause. A row with this value", "\nCure. ", "\nTest. "):
        assert words in said
    assert "\nIn the book: book/errors.html#error-" in said
    assert "\nShown by the cell: notebooks/ch02b_order_form.html#cell-unique-failed" in said
    assert "\nYours was printed by SQLAlchemy 2.0, asyncpg.\n" in said
    assert max(map(len, said.splitlines()[:10])) <= 80


def test_a_file_and_the_message_itself_are_told_the_same(tmp_path: Path) -> None:
    (tmp_path / "log.txt").write_text("MissingGreenlet", "utf-8")
    by_file = explain("log.txt", folder=tmp_path)
    assert by_file.stdout.startswith("sqlalchemy.exc.MissingGreenlet: ")
    assert by_file.stdout == explain("MissingGreenlet").stdout
    assert "This fits too:\n  sqlalchemy.exc.StatementError: " in by_file.stdout


def test_a_card_without_a_cell_says_in_which_run_it_was_recorded() -> None:
    assert "\nNot shown in a cell. Recorded: Python 3.11" in explain("no running event loop").stdout


@pytest.mark.parametrize(
    ("text", "near"),
    [("RuntimeError: no session in this event loop", 3), ("KeyError: 'seat'", 0)],
)
def test_what_is_unknown_is_called_so_with_what_is_near(text: str, near: int) -> None:
    done = explain(text=text)
    assert done.returncode == 1, done.stderr
    assert done.stdout.startswith("No card fits: this error is unknown here.\n")
    assert done.stdout.count("book/errors.html#") == near


def test_it_says_how_it_is_used_and_when_there_is_nothing_to_read() -> None:
    nothing = explain(text="\n")
    assert nothing.returncode == 2
    assert nothing.stderr.endswith("error: there is nothing to read\n")
    assert "a file, or the message itself" in explain("--help").stdout
