"""ch03-ex3: no hidden read after a commit."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import event, select, update
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from course.checking.attempts import attempt, describe, interruption, plain
from course.checking.exercise import Broken, Exercise, Finding, Nothing, Star
from course.checks.ch03_async_sessionmaker.kept import class_of, theatre
from lantern import count_sql

OPENING = datetime(2027, 3, 1, 19, 30)  # what the clock of the database says at first
CLOCKS = ("current_timestamp", "datetime", "strftime")  # SQLite's functions that tell the time


def set_the_clock(engine: AsyncEngine) -> list[str]:
    """Let the database's clock go on by a minute each time it is asked: no real clock.

    Returns the list of the moments that it told. Also an expression in a trigger, or in a default
    of the table, asks this clock.
    """
    told: list[str] = []

    def tell(*_: Any) -> str:
        told.append(str(OPENING + timedelta(minutes=len(told) + 1)))
        return told[-1]

    def set_clock(connection: Any, record: Any) -> None:
        for name in CLOCKS:
            connection.create_function(name, -1, tell)

    event.listen(engine.sync_engine, "connect", set_clock)
    return told


async def observe_touch(case: None, note: Any, touch: Any) -> dict[str, Any]:
    """Let somebody read a note, and compare the time that is told with the one in the table."""
    # As shipped, the hidden read fails with the message that the learner meets elsewhere.
    async with theatre(as_shipped=True) as (engine, factory):
        told = set_the_clock(engine)
        try:
            async with engine.begin() as connection:
                await connection.run_sync(note.metadata.create_all)
            return await _touched(engine, factory, note, touch, told)
        except Exception as error:
            return {"table": describe(error)}


async def _touched(
    engine: AsyncEngine, factory: Any, note: Any, touch: Any, told: list[str]
) -> dict[str, Any]:
    async with factory.begin() as session:
        # The database writes this time itself: a model whose default was changed may not.
        session.add(note(id=1, text="The balcony door sticks.", updated=OPENING))
    with count_sql(engine) as statements:
        async with factory() as session:
            outcome = await attempt(lambda: touch(session, 1))
    by_touch = list(told)
    stored = await _row(engine, note)
    # An update that touch has no part in: is it stamped as well?
    async with factory.begin() as session:
        await session.execute(update(note).where(note.id == 1).values(text="It closes again."))
    later = await _row(engine, note)
    return {
        "touch": {**outcome.as_dict(), "value": _moment(outcome.value)},
        "kind": class_of(outcome.value),
        "reads": stored.reads,
        "stored": _moment(stored.updated),
        "before": _moment(OPENING),
        "by the database": _moment(stored.updated) in by_touch,
        "still stamped": _moment(later.updated) in told and later.updated != stored.updated,
        "returning": any("UPDATE" in sql and "RETURNING" in sql for sql in statements),
    }


async def _row(engine: AsyncEngine, note: Any) -> Any:
    table = note.__table__
    async with AsyncSession(engine) as session:
        return (await session.execute(select(table.c.reads, table.c.updated))).one()


def _moment(value: Any) -> str:
    return str(value if isinstance(value, datetime) else plain(value))


def judge_touch(case: None, seen: dict[str, Any]) -> Iterable[Finding]:
    if "table" in seen:
        yield Nothing(f"The table of Note could not be used: {seen['table']}.")
        return
    told = seen["touch"]["value"]
    if reason := interruption(seen["touch"], "touch"):
        yield Broken("told", _why_untold(reason))
    elif seen["kind"] != "datetime":
        yield Broken("told", _why_no_moment(seen["kind"]))
    elif told == seen["before"] and seen["reads"] == 1:
        yield Broken(
            "told",
            f"touch returned {told}, the time from before the update. It was read too early, or "
            "kept from then.",
        )
    elif told != seen["stored"] and seen["reads"] == 1:
        yield Broken(
            "told",
            f"touch returned another time than the one in the table, {seen['stored']}. Two clocks "
            "agree by chance: ask for the value that the database wrote.",
        )
    if seen["reads"] != 1:
        yield Broken(
            "written",
            f"Another session sees reads == {seen['reads']} where 1 is due. "
            "Was it committed, and once? `session.commit()` without `await` commits nothing.",
        )
    elif not seen["still stamped"]:
        yield Broken(
            "written",
            "An update elsewhere in the program no longer stamps the note: its onupdate is gone, "
            "or is no longer the database's clock.",
        )
    elif not seen["by the database"]:
        yield Broken(
            "written",
            f"In the table stands {seen['stored']}, which the database's clock never said: the "
            "program wrote a time of its own over the stamp.",
        )
    elif told == seen["stored"] and seen["returning"]:
        yield Star(
            "The UPDATE itself brought the new value back: no statement more, and nothing to "
            "load afterwards."
        )


def _why_no_moment(kind: str | None) -> str:
    if kind is None:
        return "touch returned nothing: `updated` is to be returned."
    cure = " An `await` is missing." if kind == "coroutine" else ""
    return f"touch returned a {kind}; a datetime is due.{cure}"


def _why_untold(reason: str) -> str:
    if "greenlet" not in reason:
        return reason
    return (
        f"{reason} The database computed `updated` during the UPDATE, so the "
        "attribute was expired, and reading it wanted to load it. expire_on_commit=False, which "
        "this session has, keeps what is known; it does not fetch what is not."
    )


TOUCH = Exercise(
    id="ch03-ex3",
    title="When was it read?",
    objectives=("implicit", "bridge"),
    answers=("Note", "touch"),
    promises={
        "told": "touch returns the time that stands in the table",
        "written": "the reading is counted, stamped and committed, once",
    },
    hints=(
        "Which value did the database compute, and how does your session get to know it?",
        "Something has to be awaited: `await session.refresh(note)` is one way.",
        'For the star: `__mapper_args__ = {"eager_defaults": True}` on the model makes the '
        "UPDATE return what the database computed.",
    ),
    observe=observe_touch,
    judge=judge_touch,
)
