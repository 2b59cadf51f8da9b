"""What a reader changes in this lesson, and what must come of it."""

from tests.lessons.reader import Change

OVERLAP = """
first, *others = (recorder.recording.states(guest) for guest in recorder.recording.lanes)
f"begun meanwhile: {any(other[0].start < first[-1].end for other in others)}"
"""

CHANGES = {
    "ch00a-06": Change(
        adds=('[need("fastapi", "99.0"), need("no-such-package", "1.0")]',),
        expects={
            "`fastapi: too old, please install 99.0 or newer`":
                "fastapi: too old, please install 99.0 or newer",
            "the other name with `missing`": "no-such-package: missing",
        },
    ),
    "ch00a-17": Change(
        edits={
            "ch00a-16": {"asyncio.run(ring_the_bell())": "asyncio.run(await ring_the_bell())"},
        },
        adds=(
            "with expect(RuntimeError):\n"
            "    asyncio.run(print('awaited:', await ring_the_bell()))",
        ),
        expects={
            "The `await` inside works": "awaited: five minutes, please",
            "the same error comes": "asyncio.run() cannot be called from a running event loop",
        },
    ),
    "ch00a-31": Change(
        edits={
            "ch00a-29": {
                "    session.add(order)":
                    "    session.add(order)\n    (await session.get(Show, 1)).sold = 1",
            },
        },
        from_the_top=True,
        expects={
            "The second": "✓ every show's sold count equals its tickets",
            "The ledger still lacks its line": "✗ the ledger equals the orders",
        },
    ),
    "ch00a-25c": Change(
        edits={"ch00a-25b": {"guests = 3": "guests = 12"}},
        adds=(OVERLAP,),
        expects={
            "Twelve lines, and the loop is free": "12 tasks, loop free",
            "while one waits for the database, the next one is begun": "begun meanwhile: True",
        },
    ),
}  # fmt: skip
