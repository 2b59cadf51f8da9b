"""What a reader changes in this lesson, and what must come of it."""

from tests.lessons.reader import Change

# It is slow, and only looks.
LEFT_OUT = ("ch03c-07",)

LOOK_AT_THE_LOWER_PICTURE = """
held = sorted((usage.start, usage.end) for usage in own_forms.usages)
over = sorted(end for _, end in held)
{
    "hold one at once": own_forms.most_connections,
    "wait for one": sum(start >= over[0] for start, _ in held),
}
"""

WARM = """
await engine.dispose()
async with Session() as first:
    await first.get(Show, 1)
async with Session() as session:
    gets_on_it = (session.get(Show, 1) for _ in range(6))
    results = await asyncio.gather(*gets_on_it, return_exceptions=True)
f"warm: {sum(isinstance(one, Show) for one in results)} of {len(results)}"
"""

CHANGES = {
    "ch03c-12": Change(
        edits={"ch03c-03": {"pool_size=5": "pool_size=3, max_overflow=0"}},
        from_the_top=True,
        adds=(LOOK_AT_THE_LOWER_PICTURE,),
        expects={
            "Three clerks hold a connection at once": "'hold one at once': 3",
            "the other two wait for one and begin where the first ones end": "'wait for one': 2",
        },
    ),
    "ch03c-14": Change(
        edits={
            "ch03c-13": {
                "    results = await": "    await session.connection()\n    results = await",
            },
        },
        expects={"Three titles": "['The Tempest', 'The Tempest', 'The Tempest']"},
    ),
    "ch03c-14d": Change(
        edits={"ch03c-14c": {"gets = 3": "gets = 6"}},
        adds=(WARM,),
        expects={
            "one of six works": "cold pool: 1 of 6 work",
            "On the warm one all six do": "warm: 6 of 6",
        },
    ),
}
