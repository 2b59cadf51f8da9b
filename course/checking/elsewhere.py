"""The same answer on a PostgreSQL, where one is at hand: a remark below its verdict.

It gives no point and takes none, so that a verdict is the same on every machine.
"""

import re
from dataclasses import replace
from typing import Any

from course.checking.attempts import attempt, describe, interruption
from course.checking.exercise import Broken, Exercise, Nothing, Plain, Remark, Unseen, Verdict
from lantern.theatre import NoPostgres, make_engine, postgres_database

# Of work, and as many of waiting, for all that is observed there. It waits for a server, whose work
# on a busy machine is not seen from here.
SECONDS = 30.0
# What is said of an error that comes on PostgreSQL alone, and what it comes from.
CAUSES = {
    r"has no attribute 'constraint_target'": (
        "`sqlalchemy.dialects.sqlite` has SQLite's INSERT; PostgreSQL's is in "
        "`sqlalchemy.dialects.postgresql`."
    ),
    r"current transaction is aborted": (
        "A statement had failed, of which SQLite takes back no more than itself. A savepoint "
        "around what may fail, `session.begin_nested()`, lets the rest go on."
    ),
    r"raised DBAPIError: .*could not serialize access": (
        "Over asyncpg this is a plain `DBAPIError`, and no `OperationalError`; its code, 40001, "
        "says what it is."
    ),
    r"deadlock detected": "Each held a row that the other one waits for.",
    r"INSERT .*\(deadlock detected\)": (
        "Who inserts a row holds the row that its foreign key names, too, against FOR UPDATE."
    ),
}


async def with_remark(verdict: Verdict, exercise: Exercise, seed: int, *answers: Any) -> Verdict:
    """Observe answers on the PostgreSQL that is at hand; return the verdict with its remark."""
    assert exercise.elsewhere
    try:
        with postgres_database(exercise.elsewhere.driver) as url:
            text = url.render_as_string(hide_password=False)
            there = await observed_there(text, exercise, seed, *answers)
    except NoPostgres as error:
        there = {"why": str(error)}
    return remarked(verdict, exercise, seed, there)


async def observed_there(url: str, exercise: Exercise, seed: int, *answers: Any) -> Plain:
    """Observe answers on an empty database of a PostgreSQL; never raises for what they do."""
    elsewhere = exercise.elsewhere
    assert elsewhere

    async def observe() -> Plain:
        engine = make_engine(url)
        async with engine.connect():
            version = engine.dialect.server_version_info
        await engine.dispose()
        seen = await elsewhere.observe(exercise.case(seed), *answers, url=url)
        return {"version": version and version[0], "seen": seen}

    outcome = await attempt(observe, SECONDS)
    found: Plain = outcome.value
    why = interruption(outcome.as_dict(), "The check")
    return {"why": why} if why else found


def remarked(verdict: Verdict, exercise: Exercise, seed: int, there: Plain) -> Verdict:
    """Return the verdict with what the exercise's judge finds in what was observed there.

    Never raises for what stands in it: the learner's code may have done the writing.
    """
    remark: Remark | None
    match there:
        case {"version": int(version), "seen": dict(seen)}:
            try:
                remark = remark_on(verdict, exercise, seed, seen, version)
            except Exception as error:
                remark = Remark(f"On PostgreSQL nothing can be judged: {describe(error)}.")
        case {"why": str(why)}:
            remark = Remark(f"On PostgreSQL nothing was seen: {why}")
        case _:
            remark = None
    return replace(verdict, remark=remark)


def remark_on(
    verdict: Verdict, exercise: Exercise, seed: int, seen: Plain, version: int
) -> Remark | None:
    """Return what the judge finds there; None where what is broken here was not looked at."""
    assert exercise.elsewhere
    where = f"On PostgreSQL {version}, over {exercise.elsewhere.driver}"
    findings = list(exercise.judge(exercise.case(seed), seen))
    first = next((one for one in findings if isinstance(one, Broken | Nothing)), None)
    if first is None:
        unseen = {one.promise for one in findings if isinstance(one, Unseen)}
        if not unseen.isdisjoint(verdict.broken):
            return None
        holds = "it holds as well" if verdict.passed else "nothing of this is seen"
        return Remark(f"{where}, {holds}, {exercise.elsewhere.extent}.")
    if isinstance(first, Broken) and first.promise in verdict.broken:
        return Remark(f"{where}, it does not hold either.")
    causes = (cause for sign, cause in CAUSES.items() if re.search(sign, first.message))
    picture = first.picture if isinstance(first, Broken) else ""
    return Remark(" ".join((f"{where}: {first.message}", *causes)), picture)
