"""What a reader changes in this lesson, and what must come of it."""

from tests.lessons.reader import Change

OF_SQLALCHEMY = """
from sqlalchemy.util import await_only
from sqlalchemy.util import greenlet_spawn as spawn_of_sqlalchemy


def print_ticket_there():
    try:
        await_only(fetch("paper"))
    except RuntimeError:
        print("caught there")
    finally:
        print("put away")


await spawn_of_sqlalchemy(print_ticket_there)
"""
WITHOUT_ASYNC = """
with Session() as session:
    await session.get(Show, 1)
"""
ITS_STATEMENTS = """
from lantern import count_sql

with count_sql(engine) as statements, expect(TypeError):
    with Session() as session:
        await session.get(Show, 1)
f"{len(statements)} statements"
"""

CHANGES = {
    "ch03a-22": Change(
        edits={
            "ch03a-18": {
                "    return what": '    raise RuntimeError(f"no {what}")',
                '    paper, ink = await_(fetch("paper")), await_(fetch("ink"))': (
                    "    try:\n"
                    '        paper, ink = await_(fetch("paper")), await_(fetch("ink"))\n'
                    "    except RuntimeError:\n"
                    '        return "caught here"'
                ),
            },
            "ch03a-19": {"ticket, log": "ticket"},
        },
        adds=(OF_SQLALCHEMY,),
        expects={
            "the error comes out of `await handed`": "RuntimeError: no paper",
            "SQLAlchemy's own `greenlet_spawn` catches the error and throws it into the greenlet":
                "caught there",
            "so that `except` and `finally` of ordinary code work": "put away",
        },
        never=("caught here",),
    ),
    "ch03a-45": Change(
        adds=(WITHOUT_ASYNC, ITS_STATEMENTS),
        expects={
            "A `TypeError`": "AsyncSession' object does not",
            "an `AsyncSession` does not support the context manager protocol":
                "does not support the context manager protocol",
            "before any statement": "0 statements",
        },
    ),
}  # fmt: skip
