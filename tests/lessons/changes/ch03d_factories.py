"""What a reader changes in this lesson, and what must come of it."""

from tests.lessons.reader import Change

HOW_IT_ENDS = """
commits = {}
for name, opened in {"Read()": Read, "Read.begin()": Read.begin}.items():
    with bridge(engine) as recording:
        async with opened() as session:
            await session.get(Show, 1)
    commits[name] = "commit" in recording.awaits
commits
"""
HOW_MUCH = """
"about as much" if 0.8 < portions / stream < 1.25 else portions / stream
"""

CHANGES = {
    "ch03d-13": Change(
        edits={"ch03d-09": {"session = Keeping()": "session = Default()"}},
        again=("ch03d-10", "ch03d-11c", "ch03d-12"),
        expects={"The new one": "(True, 'The Tempest, new cast', 'The Tempest, new cast')"},
    ),
    "ch03d-21": Change(
        edits={"ch03d-19": {"with factory() as session": "with factory.begin() as session"}},
        again=("ch03d-20",),
        adds=(HOW_IT_ENDS,),
        expects={
            "reaches the connection in either case": "(['BEGIN'], ['BEGIN IMMEDIATE'])",
            "`begin()` adds the commit at the end of the block":
                "{'Read()': False, 'Read.begin()': True}",
        },
    ),
    "ch03d-38": Change(
        edits={"ch03d-34b": {"yield_per=200": "yield_per=6000"}},
        again=("ch03d-37",),
        adds=(HOW_MUCH,),
        put_back=True,
        expects={
            "The second line turns `False`": "'in_portions needs less than a quarter': False",
            "`in_portions` needs about as much as `streamed`": "about as much",
        },
    ),
}  # fmt: skip
