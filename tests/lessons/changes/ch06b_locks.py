"""What a reader changes in this lesson, and what must come of it."""

from tests.lessons.reader import Change

TWO_BLOCKS = """
async def lock_in_one_block_and_write_in_another() -> str:
    async with Read.begin() as session:
        show = await session.scalar(the_show.with_for_update())
    if show.sold == show.capacity:
        return "sold out"
    async with Read.begin() as session:
        session.add(new_order())
        await session.execute(update(Show).values(sold=show.sold + 1))
    return "sold"


await in_every_order(*[lock_in_one_block_and_write_in_another] * 2)
"""
A_RAISED_COUNTER = """
raised = partial(buy_if_there_is_one, version=CountedShow.version + 1)
found = await in_every_order(buy_by_version, raised)
refused = [told for told in found.outcomes if told[0].startswith("sqlalchemy.orm.exc.Stale")]
found.verdict, "refused in", sum(found.outcomes[told] for told in refused)
"""
ON_POSTGRESQL = """
print(taking("Teo", first_free.with_for_update(skip_locked=True)).compile(
    dialect=postgresql.dialect()))
"""

CHANGES = {
    "ch06b-19": Change(
        adds=(TWO_BLOCKS,),
        expects={"In 2 of 4": "every order: 4 run, 2 break it"},
    ),
    "ch06b-27": Change(
        adds=(A_RAISED_COUNTER,),
        expects={
            "every order: 3 run, none breaks it": "every order: 3 run, none breaks it",
            "in one of them Mara's guest gets the `StaleDataError`": "'refused in', 1",
        },
    ),
    "ch06b-44": Change(
        edits={
            "ch06b-42": {
                "look=first_free":
                    "look=first_free.with_for_update(skip_locked=True)",
            },
        },
        adds=(ON_POSTGRESQL,),
        expects={
            "The clause stands inside of the parentheses": "FOR UPDATE SKIP LOCKED) AND",
            "every order holds, and twenty have a chair":
                "(<Exploration: every order: 6 run, none breaks it>, (20, 20))",
        },
    ),
}  # fmt: skip
