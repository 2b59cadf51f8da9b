"""Where SQLite lies: the same code on SQLite and on PostgreSQL, over each driver.

Each difference is a function in a file of this folder; `python -m tools.lies` runs all of them and
stores what came of it. The page book/lies.md says what it means, and draws what is stored.
"""

import json
from pathlib import Path

RECORDED = Path(__file__).with_name("recorded.json")
# Who is asked: the theatre's engine, SQLite as its driver ships it, PostgreSQL over two drivers.
HOUSES = ("SQLite", "as shipped", "asyncpg", "psycopg")


def stored() -> dict[str, dict[str, str]]:
    """Return what was recorded: for each difference the answer of each house."""
    answers: dict[str, dict[str, str]] = json.loads(RECORDED.read_text("utf-8"))
    return answers
