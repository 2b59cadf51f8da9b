"""What a reader changes in this lesson, and what must come of it."""

from tests.lessons.reader import Change

ASK = """
from sqlalchemy import text

with expect(OperationalError), wrong.connect() as connection:
    connection.execute(text("SELECT 1"))
"""

CHANGES = {
    "ch02a-09": Change(
        edits={"ch02a-07": {"    wrong.connect()": "    wrong.connect().close()"}},
        adds=(ASK, "wrong.pool.status()"),
        expects={
            "`wrong.connect().close()`":
                "OperationalError: (sqlite3.OperationalError) unable to open database file",
            "a `SELECT 1`":
                "OperationalError: (sqlite3.OperationalError) unable to open database file",
            "`wrong.pool.status()` does not": "Current Checked out connections: 0",
        },
    ),
    "ch02a-43": Change(
        edits={
            "ch02a-42": {
                "    session.add(Order":
                    "    session.scalar(select(Show.title))\n    session.add(Order",
                "seat_id=1": "seat_id=2",
            },
        },
        expects={
            "`connection taken` and `BEGIN` move to the front, before `all is added`":
                "['connection taken', 'BEGIN', 'all is added',",
            "the rest stays": (
                "'all is added', 'INSERT INTO orders', 'INSERT INTO tickets', 'COMMIT', "
                "'connection given back']"
            ),
        },
    ),
}  # fmt: skip
