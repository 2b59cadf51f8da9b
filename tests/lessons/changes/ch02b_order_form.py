"""What a reader changes in this lesson, and what must come of it."""

from tests.lessons.reader import Change

CHANGES = {
    "ch02b-72": Change(
        edits={
            "ch02b-13": {'    session.commit()\n    step("commit")': ""},
            "ch02b-15": {"keeper@lantern.example": "second-keeper@lantern.example"},
        },
        expects={
            "The rollback takes the INSERT back as well: he is *transient*": "rollback transient",
            "nobody is left to close": "close transient",
            "the last `add` makes him *pending*, not persistent": "close transient add pending",
        },
    ),
    "ch02b-41": Change(
        edits={"ch02b-64": {"mara@lantern.example": "ruth@lantern.example"}},
        expects={
            "`release_savepoint`": "['begin', 'savepoint', 'release_savepoint',",
            "the `commit` comes after it, at the end": "'release_savepoint', 'commit']",
        },
    ),
    "ch02b-52": Change(
        edits={
            "ch02b-51": {
                "NewSession.begin()": "NewSession()",
                "with expect(DetachedInstanceError):\n    address = teo.email": "teo.email",
            },
        },
        expects={"He does: *teo@lantern.example*": "'teo@lantern.example'"},
    ),
    "ch02b-49b": Change(
        edits={"ch02b-49a": {"seats = 4": "seats = 10"}},
        adds=(
            "with keeps() as session:\n"
            "    row = session.scalars(select(Seat).limit(10)).all()\n"
            "    session.commit()\n"
            "    with count_sql(engine) as statements:\n"
            "        labels = [seat.label for seat in row]\n"
            'f"{len(labels)} kept, {len(statements)} SELECTs"',
        ),
        expects={
            "10, one for each seat": "10 seats read, 10 SELECTs",
            "With `expire_on_commit=False` it is 0": "10 kept, 0 SELECTs",
        },
    ),
}
