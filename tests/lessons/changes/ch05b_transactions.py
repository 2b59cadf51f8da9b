"""What a reader changes in this lesson, and what must come of it."""

from tests.lessons.reader import Change

NINA_AND_ROSA = """
async with Write() as session:
    added = await read_in(session, older)
    await session.commit()
added, await stored(older)
"""
WHAT_THE_SHOW_COUNTS = """
async with Read() as session:
    counted = await session.scalar(select(Night.sold))
f"the show counts {counted}"
"""
AN_UPDATE_WITH_A_VERSION = """
async with Write() as office, Write() as web:
    on_screen = await office.get_one(Night, 1)
    await office.commit()
    more = {"sold": Night.sold + 3, "version": Night.version + 1}
    await web.execute(update(Night).values(more))
    await web.commit()
    with expect(StaleDataError):
        await sell_on(office, 2)
"""
A_SEAT_THAT_IS_TAKEN = """
with transactions(engine) as asked:
    await order_and_write_on(Write, "third")
print(asked)
await orders_and_holds()
"""

CHANGES = {
    "ch05b-15": Change(
        edits={"ch05b-07": {"pass  # known already": "await session.rollback()"}},
        adds=(NINA_AND_ROSA,),
        expects={
            "No error; two are told, and only Rosa is stored": "(2, ['rosa@lantern.example'])",
        },
    ),
    "ch05b-49": Change(
        edits={
            "ch05b-48": {
                'text("UPDATE shows SET sold = sold + 5")':
                    "update(Show).values(sold=Show.sold + 5)",
            },
        },
        expects={"6:": "6"},
        never=("1",),
    ),
    "ch05b-56": Change(
        edits={
            "ch05b-55": {
                "await sell_on(web, 3)": (
                    "await web.execute(update(Night).values(sold=Night.sold + 3))\n"
                    "    await web.commit()"
                ),
            },
        },
        adds=(WHAT_THE_SHOW_COUNTS, AN_UPDATE_WITH_A_VERSION),
        expects={
            "`expect` raises `UnexpectedSuccess`": "UnexpectedSuccess: Expected StaleDataError",
            "the show counts 5": "the show counts 5",
            "the box office is told again": "StaleDataError: UPDATE statement on table 'nights'",
        },
    ),
    "ch05b-64": Change(
        adds=(A_SEAT_THAT_IS_TAKEN,),
        expects={
            "No error, and both orders are stored": "'second', 'third', 'after third'], [7])",
            "the savepoint takes that back":
                "['begin', 'savepoint', 'rollback_savepoint', 'commit']",
        },
    ),
}  # fmt: skip
