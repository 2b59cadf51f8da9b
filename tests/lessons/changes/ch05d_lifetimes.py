"""What a reader changes in this lesson, and what must come of it."""

from tests.lessons.reader import Change

CHANGES = {
    "ch05d-20": Change(
        edits={
            "ch05d-03": {
                "pool_size=1, max_overflow=0, pool_timeout=1": "poolclass=NullPool",
                "from sqlalchemy import func": "from sqlalchemy import NullPool, func",
            },
        },
        from_the_top=True,
        expects={
            "Everybody is in time": "(['in time: ",
            "with the app's engine in both loops": "2 tasks, loop free",
            "each opens a connection for itself and closes it": "([0, 0, 0], 0)",
        },
        never=("late: ", "RuntimeError"),
    ),
    "ch05d-40": Change(
        edits={
            "ch05d-31": {
                "timezone(timedelta(hours=2))": "UTC",
                "timezone(timedelta(hours=1))": "UTC",
            },
        },
        from_the_top=True,
        expects={
            "`True`, `0:00:00` and the same day twice": (
                "(True, '0:00:00', '02 July, then 02 July')"
            ),
        },
    ),
}
