"""ch06-ex5: at least one guard stays on duty, in whatever order two of them go home."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from random import Random
from typing import Any

from sqlalchemy import Boolean, Column, ForeignKey, Integer, MetaData, String, Table, insert, select

from course.checking.attempts import interruption
from course.checking.exercise import Broken, Elsewhere, Exercise, Finding, Nothing, Plain
from course.checks.ch06_overselling.every_order import (
    FEW_ORDERS,
    NAMES,
    Wrong,
    a_process_each,
    broken_by,
    noting_locks,
    why_locked,
    why_no_proof,
)
from course.checks.ch06_overselling.meanwhile import Call
from course.checks.ch06_overselling.scenes import Scene, calling, judge_beyond, why_nothing
from lantern.steps import LETTERS
from lantern.theatre import make_engine

# The tables of the classes that the exercise gives: those of the notebook are the learner's.
TABLES = MetaData()
EVENINGS = Table(
    "evenings",
    TABLES,
    Column("id", Integer, primary_key=True),
    Column("version", Integer, nullable=False),
)
GUARDS = Table(
    "guards",
    TABLES,
    Column("id", Integer, primary_key=True),
    Column("evening_id", ForeignKey("evenings.id"), nullable=False),
    Column("name", String, nullable=False),
    Column("on_duty", Boolean, nullable=False),
)

ALONE = "go_home, as if each had a process of its own,"
# A question: how many guards go at once, whether they are on duty, and how many others are.
Question = tuple[int, bool, int]
QUESTIONS: dict[str, Question] = {
    "the last": (1, True, 0),
    "one of two": (1, True, 1),
    "gone already": (1, False, 2),
    "two": (2, True, 0),
    "two of three": (2, True, 1),
}
MEANWHILE = {name: QUESTIONS[name] for name in ("two", "two of three")}


@dataclass(frozen=True)
class Evening:
    """An evening and its guards by ids: who goes, and three others; and another evening's guards.

    `version` is that of the evening, and `others` one more than that of the other one.
    """

    evening: int
    other: int
    version: int
    goers: tuple[int, ...]
    staff: tuple[int, ...]
    elsewhere: tuple[int, ...]


def draw_evening(random: Random) -> Evening:
    """Draw ids that are no counts, in no order."""
    evening, other = random.sample(range(100, 1_000), 2)
    guards = random.sample(range(1_000, 9_000), 8)
    return Evening(
        evening,
        other,
        random.randint(3, 60),
        goers=tuple(guards[:2]),
        staff=tuple(guards[2:5]),
        elsewhere=tuple(guards[5:]),
    )


def guards_before(case: Evening, question: Question) -> list[list[Any]]:
    """Return the guards of both evenings before a question: id, evening, whether on duty."""
    count, on_duty, others = question
    goes = [[guard, case.evening, on_duty and n < count] for n, guard in enumerate(case.goers)]
    stay = [[guard, case.evening, n < others] for n, guard in enumerate(case.staff)]
    elsewhere = [[guard, case.other, n > 0] for n, guard in enumerate(case.elsewhere)]
    return sorted([*goes, *stay, *elsewhere])


class EveningScene(Scene):
    """The two evenings of a case in a database, before a question and after it."""

    tables = TABLES
    questions = QUESTIONS
    between = MEANWHILE

    async def before(self) -> None:
        await self.begin()
        case = self.case
        names = ("id", "evening_id", "on_duty")
        guards = [dict(zip(names, row, strict=True)) for row in guards_before(case, self.question)]
        with self.aside.begin() as connection:
            for table in reversed(TABLES.sorted_tables):
                connection.execute(table.delete())
            evenings = [{"id": one, "version": case.version} for one in (case.evening, case.other)]
            connection.execute(insert(EVENINGS), evenings)
            connection.execute(insert(GUARDS), [row | {"name": f"U{row['id']}"} for row in guards])

    async def look(self) -> Plain:
        """Return the guards as guards_before does, and what else is not as it was."""
        columns = (GUARDS.c.id, GUARDS.c.evening_id, GUARDS.c.on_duty, GUARDS.c.name)
        with self.aside.connect() as connection:
            guards = [list(row) for row in connection.execute(select(*columns).order_by("id"))]
            query = select(EVENINGS.c.version).where(EVENINGS.c.id == self.case.other)
            version = connection.scalar(query)
        return {
            "guards": [row[:3] for row in guards],
            "names": all(name == f"U{number}" for number, _, _, name in guards),
            "version": version,
        }

    def calls(self) -> list[Call]:
        goers = self.case.goers[: self.question[0]]
        return [calling(partial(self.answer, self.session, guard)) for guard in goers]


async def observe_going(case: Evening, go_home: Any) -> dict[str, Any]:
    """Let guards go home in every order, as if in several processes, and as on PostgreSQL."""
    seen: dict[str, Any] = {}
    scene = EveningScene(case, make_engine(pool_size=10), go_home)
    try:
        with noting_locks(scene.engine, seen):
            await scene.observe(seen)
    finally:
        await scene.close()
    return seen


async def observe_going_elsewhere(case: Evening, go_home: Any, url: str) -> dict[str, Any]:
    """Let guards go home on a PostgreSQL, as if each had a process."""
    seen: dict[str, Any] = {}
    scene = EveningScene(case, make_engine(url, pool_size=10), go_home)
    with noting_locks(scene.engine, seen), a_process_each():
        for name in QUESTIONS:
            seen[name] = await scene.explored(name, FEW_ORDERS)
    await scene.close()
    return seen


def judge_going(case: Evening, seen: dict[str, Any]) -> Iterable[Finding]:
    if reason := why_nothing(EveningScene, seen, "go_home"):
        yield Nothing(reason)
        return
    broken = list(_judge_here(case, seen))
    yield from broken
    yield from judge_beyond(EveningScene, seen, broken, ALONE, partial(_told, case))


def _judge_here(case: Evening, seen: Plain) -> Iterator[Broken]:
    for name, question in QUESTIONS.items():
        if name not in seen:
            return
        if reason := why_no_proof(seen[name], "go_home, by two guards,"):
            yield Broken("duty", reason)
        for end in seen[name]["ends"]:
            for promise, told in _judge_end(case, question, end, seen["locks"]):
                yield broken_by(promise, told, end)


def _judge_end(
    case: Evening, question: Question, end: Plain, locks: bool
) -> Iterator[tuple[str, str]]:
    """Yield (promise, what is wrong with it) of one end."""
    on_duty = [row[0] for row in end["left"]["guards"] if row[1] == case.evening and row[2]]
    if not on_duty:
        yield "duty", _nobody(question)
    elif told := _not_let_go(case, end, on_duty, locks):
        yield "goes", told
    if told := _wrong_rows(case, question, end):
        yield "told", told


def _nobody(question: Question) -> str:
    count, _, _ = question
    if count == 1:
        return "One guard was on duty, who went home, and nobody is on duty."
    return f"{NAMES[0]} and {NAMES[1]} both went home, and nobody is on duty."


def _not_let_go(case: Evening, end: Plain, on_duty: list[int], locks: bool) -> str:
    """Say who met an error, or was kept beside others who are on duty."""
    callers = zip(LETTERS, NAMES, case.goers, end["outcomes"], strict=False)
    for letter, name, guard, outcome in callers:
        if reason := interruption(outcome, f"{name}'s go_home"):
            return reason + why_locked(end, letter, locks)
        if outcome["ended"] == "never":
            return f"{name}'s go_home never ends: {outcome['error']}."
        if outcome["value"] == False and guard in on_duty and len(on_duty) > 1:  # noqa: E712
            others = len(on_duty) - 1
            return (
                f"{name} was told False and is on duty, and so {'is' if others == 1 else 'are'} "
                f"{others} more."
            )
    return ""


def _wrong_rows(case: Evening, question: Question, end: Plain) -> str:
    """Say who was told something else than was done, or what else was changed."""
    before, left = guards_before(case, question), end["left"]
    was, now = ({row[0]: row[1:] for row in rows} for rows in (before, left["guards"]))
    if was.keys() != now.keys():
        return f"There were {len(was)} guards, and there are {len(now)}, or others."
    for name, guard, outcome in zip(NAMES, case.goers, end["outcomes"], strict=False):
        told = outcome["value"] if outcome["ended"] == "returned" else False
        if told not in (True, False):
            return f"go_home returned {told!r} in place of True or False."
        went = was[guard][1] and not now[guard][1]
        if told and not went:
            return f"{name} was told True, and {_why_not_gone(*was[guard], *now[guard])}."
        if went and not told:
            said = "was told False" if outcome["ended"] == "returned" else "got an error"
            return f"{name} {said}, and is not on duty any more."
        was[guard] = now[guard] if went else was[guard]
    for guard, row in sorted(now.items()):
        if row != was[guard]:
            whose = "of this evening" if row[0] == case.evening else "of another evening"
            return f"Guard {guard}, {whose}, is not as before, and did not ask to go."
    if not left["names"] or left["version"] != case.version:
        return "Another evening, or a name, is not as it was."
    return ""


def _why_not_gone(_: int, was: bool, __: int, now: bool) -> str:
    return "is still on duty" if now else "was not on duty before"


def _told(case: Evening, question: Question, locks: bool) -> Wrong:
    return lambda end: (told for _, told in _judge_end(case, question, end, locks))


GO_HOME = Exercise(
    id="ch06-ex5",
    title="Somebody stays",
    objectives=("orders", "choose"),
    answers=("go_home",),
    promises={
        "duty": "somebody is on duty at the end, in whatever order the steps of two guards come",
        "goes": "whoever can go goes, and nobody gets an error, in no order",
        "told": "True is told for a guard who was taken off duty by this call, and False for "
        "everybody else; nothing else changes",
        "processes": "it holds as well when each guard is served by a process of its own",
        "postgresql": "it does not rest on SQLite's one place for a writer, which PostgreSQL has "
        "not",
    },
    hints=(
        "Both look at the same guards, and each writes another row. Nobody is in anybody's way, "
        "and that is the trouble. Is there a row that both could write?",
        "Whoever writes the evening's row has it until the COMMIT, and who comes next waits there. "
        "It helps only those who look after they have written.",
        "In one transaction: find the guard's evening; "
        "`update(Evening).where(…).values(version=Evening.version + 1)`; then read who is on duty; "
        "then take this guard off duty, if another one is left.",
    ),
    draw=draw_evening,
    observe=observe_going,
    judge=judge_going,
    elsewhere=Elsewhere(observe_going_elsewhere, "in some orders of two guards' steps"),
)
