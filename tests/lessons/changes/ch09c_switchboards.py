"""What a reader changes in this lesson, and what must come of it."""

from tests.lessons.reader import Change

WITH_A_SMALLER_OVERFLOW = """
max_overflow = 7
4 * generations * (pool_size + max_overflow)
"""

CHANGES = {
    "ch09c-13": Change(
        edits={
            "ch09c-07": {
                "        await pay()": "        await session.commit()\n        await pay()",
            }
        },
        again=("ch09c-10",),
        expects={
            "`idle`, after a COMMIT": "'state': 'idle', 'query': 'COMMIT;'",
            "none in use": "'pool': '0 in use'",
        },
    ),
    "ch09c-25": Change(
        edits={"ch09c-24": {"workers = 4": "workers = 3"}},
        adds=(WITH_A_SMALLER_OVERFLOW,),
        expects={
            "Three: at most 90": "at most 90 of 97: fits",
            "With four, `max_overflow = 7` fits as well, at most 96": "96",
        },
    ),
}
