"""What a reader changes in this lesson, and what must come of it."""

from tests.lessons.reader import Change

ONE_MORE_BOARD = """
curtain.clear()
app = build(*aliases())
one_more = asyncio.create_task(asgi_call(app, "GET", "/board"))
await opened.acquire()
seen = await five_at_once(app)
await one_more
seen["programme"]
"""
WHAT_IS_STORED = """
from sqlalchemy import func


async def count_letters():
    async with Read() as session:
        return await session.scalar(select(func.count(Letter.id)))


before = await count_letters()
answer = await asgi_call(mail, "POST", "/orders")
{"told": answer.status, "new letters": await count_letters() - before}
"""

CHANGES = {
    "ch04c-15": Change(
        edits={"ch04c-03": {"pool_size=5": "pool_size=6"}},
        again=("ch04c-05", "ch04c-07", "ch04c-08", "ch04c-09", "ch04c-11", "ch04c-14"),
        adds=(ONE_MORE_BOARD,),
        put_back=True,
        expects={
            "The programme comes": """'programme': (200, '"The Tempest"'), 'came': 'meanwhile'""",
            "five connections are still held for nothing":
                "{'held by the five': 5, 'programme': (200,",
            "as long as nobody opens a board":
                "(500, 'sqlalchemy.exc.TimeoutError: QueuePool limit of size 6",
        },
    ),
    "ch04c-68": Change(
        edits={"ch04c-66": {'writer(Write, "function")': 'writer(Write, "request")'}},
        again=("ch04c-67",),
        adds=(WHAT_IS_STORED,),
        expects={
            "`database is locked`":
                "'error': 'sqlalchemy.exc.OperationalError: (sqlite3.OperationalError) "
                "database is locked'",
            "no commit in the log": "{'log': ['sent, holding 1'],",
            "`noted` is still `True`": "'noted': True",
            "Okoro was told 200, and neither is stored": "{'told': 200, 'new letters': 0}",
        },
    ),
}  # fmt: skip
