"""What a reader changes in this lesson, and what must come of it."""

from tests.lessons.reader import Change

READ_AFTERWARDS = """
async with Press() as session:
    poster = await session.get_one(NumberedPoster, 1)
    poster.copies = NumberedPoster.copies + 1
    await session.flush()
    before = missing(poster, PosterOut)
    await session.refresh(poster, ["copies"])
before, missing(poster, PosterOut)
"""
FLAGGED = """\
    scene.lamps = dict(scene.lamps)
    from sqlalchemy.orm.attributes import flag_modified

    flag_modified(scene, "lamps")
"""

CHANGES = {
    "ch05a-18": Change(
        edits={
            "ch05a-12": {"total_cents: int\n": "total_cents: int\n    tickets: list[int]\n"},
        },
        from_the_top=True,
        adds=(
            'len(cured.response.error.errors()), cured.response.error.errors()[0]["msg"]',
        ),
        expects={
            "500, and an error for each of the three orders": (
                "500 [('response', 'orders', 0, 'tickets'), ('response', 'orders', 1, 'tickets'), "
                "('response', 'orders', 2, 'tickets')]"
            ),
            "'Order.tickets' is not available due to lazy='raise'":
                "'Order.tickets' is not available due to lazy='raise'",
        },
    ),
    "ch05a-42": Change(
        edits={
            "ch05a-40": {"poster.copies += 1": "poster.copies = NumberedPoster.copies + 1"},
        },
        from_the_top=True,
        adds=(READ_AFTERWARDS,),
        expects={
            "500, and `loc` names `copies`": "told 500 [('response', 'copies')]",
            "nothing of it is stored": "stored {'copies': 1, 'revision': 1}",
            "reads it": "(['copies'], [])",
        },
    ),
    "ch05a-48": Change(
        edits={
            "ch05a-44": {
                "    if await session.scalar(holds):\n": (
                    "    with session.no_autoflush:\n"
                    "        holders = await session.scalar(holds)\n"
                    "    if holders:\n"
                ),
            },
        },
        from_the_top=True,
        adds=(
            "async with Write() as session:\n"
            "    with count_sql(engine) as statements:\n"
            "        await hold_seat(session, 4, 9)\n"
            "        await session.flush()\n"
            "[statement.split()[0] for statement in statements]",
        ),
        expects={
            "All three are held": "(['held', 'held', 'held'], 3)",
            "the question is sent before the INSERT": "['SELECT', 'INSERT']",
        },
    ),
    "ch05a-68": Change(
        edits={"ch05a-62": {"    scene.lamps = dict(scene.lamps)\n": FLAGGED}},
        again=("ch05a-64", "ch05a-67"),
        expects={"`(True, 1)` for both models": "'deeper_and_copied': (True, 1)"},
        never=("(True, 0)",),
    ),
}  # fmt: skip
