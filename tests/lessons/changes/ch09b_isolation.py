"""What a reader changes in this lesson, and what must come of it."""

from tests.lessons.reader import Change

READ_UNCOMMITTED = """
await played(dirty_read, psycopg.execution_options(isolation_level="READ UNCOMMITTED"))
"""

CHANGES = {
    "ch09b-14": Change(
        adds=(READ_UNCOMMITTED,),
        expects={"`kept out`": "'kept out'"},
    ),
    "ch09b-35": Change(
        edits={"ch09b-32": {'TAKEN_BACK = ("40001", "40P01")': 'TAKEN_BACK = ("40P01",)'}},
        adds=("await ten_buy(200)",),
        expects={"`1 served, sold is 1`": "'1 served, sold is 1'"},
        put_back=True,
    ),
}
