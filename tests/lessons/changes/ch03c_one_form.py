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
}
