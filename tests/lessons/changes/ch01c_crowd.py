"""What a reader changes in this lesson, and what must come of it."""

from tests.lessons.reader import Change

LOOK_AT_THE_LINES = """
ends = [recorder.recording.states(name)[-1].end for name in names]
"each longer than the one above it" if ends == sorted(set(ends)) else ends
"""

CHANGES = {
    "ch01c-11": Change(
        edits={"ch01c-10": {'("posters", 0.3)': '("posters", 0)'}},
        expects={
            "The posters": "(['the florist is closed'], ['posters'])",
        },
    ),
    "ch01c-30": Change(
        edits={"ch01c-26": {"asyncio.Semaphore(3)": "asyncio.Semaphore(1)"}},
        again=("ch01c-29",),
        adds=(LOOK_AT_THE_LINES,),
        expects={
            "Each line is longer than the one above it": "each longer than the one above it",
            "the loop is still free": "6 tasks, loop free",
        },
    ),
}
