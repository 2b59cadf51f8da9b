"""What a reader changes in this lesson, and what must come of it."""

from tests.lessons.reader import Change

# It is slow, and only looks.
LEFT_OUT = ("ch02c-31",)

ONE = "session: Annotated[Session, Depends(get_session)]"

OTHER_CROWDS = """
async def outcome_of(guests, pool_size):
    own = make_sync_engine(engine.url, pool_size=pool_size, max_overflow=0, pool_timeout=1)
    _, errors = await burst(build(own, find_quickly), "/show", own, guests)
    own.dispose()
    return "some fail" if errors else "all are served"


{crowd: await outcome_of(*crowd) for crowd in ((45, 5), (49, 10), (50, 10))}
"""

CHANGES = {
    "ch02c-07": Change(
        edits={
            "ch02c-04": {
                ONE: f"{ONE}, again: {ONE.partition(': ')[2]}",
                "    used.append(session)": "    used.append(session)\n    used.append(again)",
            },
        },
        again=("ch02c-06",),
        adds=('f"{len(used)} entries"',),
        expects={
            "the three requests still use three sessions": "'The Tempest'], 3, 0)",
            "although `used` holds six entries": "6 entries",
        },
    ),
    "ch02c-49": Change(
        edits={"ch02c-36": {"max_concurrency=5": "max_concurrency=4"}},
        again=("ch02c-37",),
        adds=(
            'draw_pool(five_at_a_time, limit=5, titles=["four"])',
            'f"{60 - len(errors)} are served"',
            'f"{five_at_a_time.seconds > 1.4}: fifteen times 0.1 s, and not twelve times"',
        ),
        put_back=True,
        expects={
            "Four of five": "four: at most 4 of 5 connections",
            "all sixty are served": "60 are served",
            "is slower here": "True: fifteen times",
        },
    ),
    "ch02c-32c": Change(
        edits={"ch02c-32b": {"guests = 60": "guests = 44"}},
        adds=(OTHER_CROWDS,),
        expects={
            "44 are all served": "44 guests, 5 connections: all are served",
            "with 45 some fail": "(45, 5): 'some fail'",
            "49 are served": "(49, 10): 'all are served'",
            "50 are not": "(50, 10): 'some fail'",
        },
    ),
}
