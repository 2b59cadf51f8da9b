"""What a reader changes in this lesson, and what must come of it."""

from tests.lessons.reader import Change

BEGUN = "transaction = await connection.begin()\n"
NO_ROW = 'await connection.exec_driver_sql("DELETE FROM guests WHERE id < 0")\n'

CHANGES = {
    "ch05c-18": Change(
        edits={"ch05c-05": {BEGUN: f"{BEGUN}        {NO_ROW}"}},
        again=("ch05c-07",),
        expects={"4, on a new engine as shipped": "4"},
        never=("5",),
    ),
    "ch05c-29": Change(
        edits={"ch05c-22": {'memory:")': 'memory:", poolclass=AsyncAdaptedQueuePool)'}},
        expects={"no such table: orders": "(sqlite3.OperationalError) no such table: orders"},
    ),
    "ch05c-47": Change(
        edits={"ch05c-41": {"two_sales(Write)": "two_sales(Read)"}},
        expects={
            "database is locked* without *asked to wait": (
                "(['sold', 'sqlalchemy.exc.OperationalError: (sqlite3.OperationalError) "
                "database is locked'], 1)"
            ),
        },
        never=("asked to wait",),
    ),
    "ch05c-58": Change(
        edits={"ch05c-56": {"foreign_keys=ON": "foreign_key=ON"}},
        again=("ch05c-57",),
        expects={
            "[0, 0, 0]": "[0, 0, 0]",
            "both orders stored, and no error": "['stored', 'stored']",
        },
        put_back=True,
    ),
}  # fmt: skip
