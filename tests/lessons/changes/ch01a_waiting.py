"""What a reader changes in this lesson, and what must come of it."""

from tests.lessons.reader import Change

# They are slow, and only look.
LEFT_OUT = (
    *("ch01a-11", "ch01a-12", "ch01a-24", "ch01a-26"),
    *("ch01a-30", "ch01a-32", "ch01a-35"),
)

IN_PIECES = """
async def serve(door, seconds):
    for _ in range(round(seconds / 0.001)):
        count_for(0.001)
        await asyncio.sleep(0)


pieces = await record(serve)
draw(waiting, blocking, pieces, titles=["asyncio.sleep", "time.sleep", "in pieces"])
"""
LOOK_AT_THE_PIECES = """
first, second, third = (pieces.states(door) for door in pieces.lanes)
taking_turns = all(max(a[0].start, b[0].start) < min(a[-1].end, b[-1].end)
                   for a, b in [(first, second), (second, third), (first, third)])
{"taking turns": taking_turns, "as long as all three": pieces.seconds >= 0.45}
"""

CHANGES = {
    "ch01a-08": Change(
        edits={"ch01a-05": {'"north", 0.4': '"north", 0.3', '"south", 0.3': '"south", 0.4'}},
        expects={
            "The two upper ones stay": "['north: guest arrives', 'south: guest arrives',",
            "The two lower lines change places":
                "'north: guest is seated', 'south: guest is seated']",
        },
    ),
    "ch01a-21": Change(
        edits={
            "ch01a-19": {
                "    await asyncio.sleep(0.3)\n    await asyncio.sleep(0.3)":
                    "    first = asyncio.create_task(asyncio.sleep(0.3))\n"
                    "    second = asyncio.create_task(asyncio.sleep(0.3))\n"
                    "    await first\n"
                    "    await second",
            },
        },
        again=("ch01a-20",),
        expects={"Together": "no difference"},
    ),
    "ch01a-40a": Change(
        adds=(IN_PIECES, LOOK_AT_THE_PIECES),
        expects={
            "Three tasks that take turns": "'taking turns': True",
            "no red frame": "in pieces: 3 tasks, loop free",
            "a total of all three times": "'as long as all three': True",
        },
    ),
}  # fmt: skip
