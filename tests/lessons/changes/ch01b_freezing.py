"""What a reader changes in this lesson, and what must come of it."""

from tests.lessons.reader import Change

# They are slow, and only look.
LEFT_OUT = (
    *("ch01b-05", "ch01b-07", "ch01b-12", "ch01b-13c", "ch01b-13i", "ch01b-15", "ch01b-17"),
    *("ch01b-23", "ch01b-28", "ch01b-32", "ch01b-33b", "ch01b-44a", "ch01b-45"),
)

WRONG = """
@app.get("/archive/wrong")
async def archive_wrong():
    await asyncio.to_thread(time.sleep(0.1))


await burst("/archive/wrong")
"""
HOW_LATE = """
from lantern import expect

async with heartbeat() as pulse:
    with expect(TypeError):
        await burst("/archive/wrong", guests=1)
# How long nothing had a turn, from one beat on: of a freeze, a busy machine may hide a part.
silent = max(gap.end - gap.start for gap in pulse.gaps)
"on the loop for 0.1 s" if silent > 0.09 else silent
"""
SAME_PATH = """
@app.get("/archive")
async def archive_with_the_brackets():
    await asyncio.to_thread(time.sleep(0.1))


await burst("/archive")
"no error"
"""

CHANGES = {
    "ch01b-20": Change(
        adds=(WRONG, HOW_LATE, SAME_PATH),
        expects={
            "`TypeError: 'NoneType' object is not callable`":
                "TypeError: 'NoneType' object is not callable",
            "after 0.1 s on the loop": "on the loop for 0.1 s",
            "of two routes with one path, FastAPI asks the first": "no error",
        },
    ),
    "ch01b-37": Change(
        edits={
            "ch01b-35": {
                '@app.get("/members")': '@app.get("/members/def")',
                "async def members": "def members",
            },
            "ch01b-36": {'"/members"': '"/members/def"'},
        },
        expects={"It stays at 40": "40"},
    ),
    "ch01b-33e": Change(
        edits={"ch01b-33d": {"guests = 40": "guests = 41"}},
        adds=("ninety = await most_at_once('/archive/visit', 90)\n90 - ninety, ninety",),
        expects={
            "With 41 one waits": "{'at once': 40, 'wait for a thread': 1}",
            "With 90 fifty wait": "(50, 40)",
        },
    ),
    "ch01b-44e": Change(
        edits={"ch01b-44d": {"guests = 6": "guests = 12"}},
        adds=(
            "twelve = await record('/query/blocking', 12)\n"
            # On a busy machine a quarter of a second of each freeze may be told of nowhere.
            "silent = twelve.frozen + twelve.delayed\n"
            "'longer than six' if silent > 0.7 else silent",
            'draw(await record("/query/awaiting", 12), titles=["awaited"])',
        ),
        expects={
            "twelve queries of 0.1 s freeze the loop for about 1.2 s": "longer than six",
            "the picture gets more lines": "blocking, 12 at once: 12 tasks, loop frozen",
            "the loop stays free": "awaited: 12 tasks, loop free",
        },
    ),
}  # fmt: skip
