"""ch09-ex3: who may begin anew, and who may not."""

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from course.checking.attempts import interruption
from course.checking.exercise import Broken, Exercise, Finding, Nothing, Plain, Unseen
from course.checks.ch09_postgresql.failing import (
    AT_ONCE,
    COMMIT,
    DONE,
    RAISES,
    STATEMENT,
    WAITS,
    Fault,
    Office,
    failure_of,
)
from course.checks.ch09_postgresql.refusals import ASYNCPG, PSYCOPG
from course.checks.retries import (
    NOTHINGS,
    TOO_MANY,
    count,
    how_it_ended,
    times,
    why_apart_badly,
    why_unbounded,
)
from course.checks.sessions import close_all, fill
from lantern.theatre import Guest, Show, make_engine

ANSWER = "begin_anew"
TIMES = 40  # that it gives up, so that its pauses can be compared


@dataclass(frozen=True)
class Night:
    """A show, a guest and what guests type; a bound, and the faults in the order of the run."""

    show: int
    guest: int
    typed: str
    attempts: int
    again: tuple[Fault, ...]
    once: tuple[Fault, ...]
    unknown: tuple[Fault, ...]
    after: tuple[Fault, ...]


def draw(random: Random) -> Night:
    """Draw each fault over both drivers, in any order, and a bound that is no usual one."""
    both = (ASYNCPG, PSYCOPG)
    kinds = ((STATEMENT, "serialization"), (STATEMENT, "deadlock"), (COMMIT, "dependencies"))
    again = [Fault(where, what, driver) for where, what in kinds for driver in both]
    codes = ("unique", "lock timeout", "statement timeout", "lost earlier")
    once = [Fault(STATEMENT, what, driver) for what in codes for driver in both]
    once += [Fault(COMMIT, "unique", random.choice(both)), Fault(WAITS)]
    once += [Fault(RAISES, what) for what in ("value", "stale", "pool")]
    unknown = [Fault(DONE, what, driver) for what in ("lost", "unknown") for driver in both]
    after = [Fault(STATEMENT, "serialization", random.choice(both)), Fault(RAISES, "mail")]
    for faults in (again, once, unknown, after):
        random.shuffle(faults)
    typed = f"{random.choice(('40001 could not serialize', '40P01 deadlock detected'))} access"
    return Night(
        random.randrange(100, 1_000), random.randrange(1_000, 9_000), typed,
        random.choice((3, 4, 6, 7)), tuple(again), tuple(once), tuple(unknown), tuple(after),
    )  # fmt: skip


async def observe(case: Night, begin_anew: Any) -> dict[str, Any]:
    """Let attempts fail in every way, over both drivers, and note what was done about it."""
    engine = make_engine()
    office = Office(engine, case.show, 0, (case.guest,), case.typed)

    async def ask(*plan: Fault, attempts: int = case.attempts, **options: Any) -> Plain:
        return await office.ask(begin_anew, plan, attempts, **options)

    try:
        show = {"id": case.show, "title": "Lear", "capacity": 99, "sold": 0}
        guest = {"id": case.guest, "email": case.typed}
        await fill(engine, [(Show, [show]), (Guest, [guest])])
        seen: dict[str, Any] = {"alone": await ask()}
        if seen["alone"]["outcome"]["ended"] != "returned":
            return seen
        for name in ("again", "once", "unknown"):
            faults = getattr(case, name)
            seen[name] = [await ask(one, cancel=one.where == WAITS) for one in faults]
        seen["nothings"] = [await ask(result=result) for result in NOTHINGS]
        seen["after"] = [await ask(then_raises=office.error(one)) for one in case.after]
        if faults := tried_again(case, seen):
            fault, every = faults[0], itertools.cycle(faults)
            plan = list(itertools.islice(every, case.attempts + TOO_MANY))
            seen["bound"] = await ask(*plan)
            seen["one"] = await ask(*plan, attempts=1)
            seen["held up"] = await ask(fault, held_up=True, cancel=True)
            seen["pauses"] = await office.pauses(begin_anew, replace(fault, where=AT_ONCE), TIMES)
    finally:
        await close_all(office.session)
        await engine.dispose()
        office.others.dispose()
    return seen


def tried_again(case: Night, seen: dict[str, Any]) -> list[Fault]:
    """Return the faults of a statement after which the answer began anew."""
    return [
        fault
        for fault, asked in zip(case.again, seen["again"], strict=True)
        if fault.where == STATEMENT and count(asked["steps"], "work") > 1
    ]


def judge(case: Night, seen: dict[str, Any]) -> Iterable[Finding]:
    """Say what was begun anew and should not have been, or the other way round."""
    alone = seen["alone"]
    if reason := interruption(alone["outcome"], ANSWER):
        yield Nothing(reason)
        return
    if not count(alone["steps"], "work"):
        yield Nothing("begin_anew returned, and had not called `work`.")
        return
    yield from _judge_again(case, seen)
    yield from _judge_once(case, seen)
    yield from _judge_unknown(case, seen)
    if reason := _why_not_after(case, seen):
        yield Broken("outside", reason)
    if "bound" not in seen:
        yield from (Unseen("bound"), Unseen("pauses"))
        return
    for attempts, asked in ((case.attempts, seen["bound"]), (1, seen["one"])):
        if reason := why_unbounded(ANSWER, attempts, asked):
            yield Broken("bound", reason)
            break
    if reason := _why_no_pauses(seen):
        yield Broken("pauses", reason)


def _judge_again(case: Night, seen: dict[str, Any]) -> Iterator[Broken]:
    if reason := _why_not_served(seen["alone"], "When nothing failed, ", 1):
        yield Broken("again", reason)
    for result, asked in zip(NOTHINGS, seen["nothings"], strict=True):
        if (works := count(asked["steps"], "work")) != 1:
            told = f"When the work had returned {result!r}, and nothing failed, it was done"
            yield Broken("again", f"{told} {times(works)}; once is due.")
    for fault, asked in zip(case.again, seen["again"], strict=True):
        if reason := _why_not_served(asked, f"When {fault.told}, ", 2):
            yield Broken("again", reason)
            return


def _why_not_served(asked: Plain, when: str, due: int) -> str:
    works = [step for step in asked["steps"] if step["step"] == "work"]
    done = f"{when}the work was done {times(len(works))}"
    if len(works) > 1 and not all(step["new"] for step in works):
        return f"{when}the next attempt had the same session; each has a new one."
    if len(works) != due:
        return f"{done} in place of {times(due)}, and {how_it_ended(ANSWER, asked)}."
    if reason := interruption(asked["outcome"], ANSWER):
        return f"{done}. {reason}"
    if asked["stored"] != [due]:
        return (
            f"{when}the attempts whose order is stored are {asked['stored']} in place of [{due}], "
            "the last one alone."
        )
    return "" if asked["result"] else f"{when}what the work had returned did not come back."


def _judge_once(case: Night, seen: dict[str, Any]) -> Iterator[Broken]:
    for fault, asked in zip(case.once, seen["once"], strict=True):
        if reason := _why_not_at_once(fault, asked):
            rule = "It is neither 40001 nor 40P01: it comes out at once."
            if (failure := failure_of(fault)) and failure.lost:
                rule += (
                    " The COMMIT was not sent, so nothing would be sold twice; but there may be no "
                    "server for minutes, and what to do then is for the caller to say."
                )
            yield Broken("once", f"{reason} {rule}")
            return
    held_up = seen.get("held up")
    if held_up and count(held_up["steps"], "pause") and not held_up["cancelled"]:
        how = how_it_ended(ANSWER, held_up)
        told = f"When the task was cancelled in a pause, {how}; the cancellation was to come out."
        yield Broken("once", told)


def _judge_unknown(case: Night, seen: dict[str, Any]) -> Iterator[Broken]:
    for fault, asked in zip(case.unknown, seen["unknown"], strict=True):
        if reason := _why_not_at_once(fault, asked):
            yield Broken(
                "unknown",
                f"{reason} Here the COMMIT had been done, and {len(asked['stored'])} orders are "
                "stored; the program cannot know, so nothing may begin anew.",
            )
            return


def _why_not_at_once(fault: Fault, asked: Plain) -> str:
    when, works = f"When {fault.told}, ", count(asked["steps"], "work")
    if works > 1:
        return f"{when}the work was done {times(works)}."
    if count(asked["steps"], "pause"):
        return f"{when}there was a pause."
    right = asked["cancelled"] if fault.where == WAITS else asked["same"]
    return "" if right else f"{when}{how_it_ended(ANSWER, asked)}; that very error was to come out."


def _why_not_after(case: Night, seen: dict[str, Any]) -> str:
    """Say what is wrong with `then`; nothing if it came once, after the COMMIT."""
    committed = [seen["alone"], *seen["nothings"], *seen["after"]]
    for asked in (*committed, *seen["again"]):
        for step in (step for step in asked["steps"] if step["step"] == "then"):
            if not step["stored"]:
                return "When `then` was called, nobody else could see the order: no COMMIT yet."
            if not step["given"]:
                return "`then` was called with something else than what the work had returned."
    # What was done again, and should not have been, is judged elsewhere.
    failed = [one for one in (*seen["once"], *seen["unknown"]) if count(one["steps"], "work") == 1]
    if any(count(one["steps"], "then") for one in failed):
        return "`then` was called although the COMMIT had failed, or had not been reached."
    if any(count(seen[one]["steps"], "then") for one in ("bound", "one") if _gave_up(seen, one)):
        return "`then` was called although the last attempt had failed: nothing was committed."
    for fault, asked in zip(case.after, seen["after"], strict=True):
        told, works = (
            f"`then` raised {fault.name}, after the COMMIT: ",
            count(asked["steps"], "work"),
        )
        if works > 1:
            return f"{told}the work was done {times(works)}. It is sold; this comes out."
        if count(asked["steps"], "then") == 1 and not asked["same"]:
            return f"{told}this was to come out; {how_it_ended(ANSWER, asked)}."
    whiches = ["", *(f", of a work that returned {one!r}" for one in NOTHINGS)]
    for which, asked in zip(whiches, committed, strict=False):
        if (calls := count(asked["steps"], "then")) != 1:
            return f"After one COMMIT{which}, `then` was awaited {times(calls)}; once is due."
        if which and seen["alone"]["result"] and not asked["result"]:
            return f"After one COMMIT{which}, {how_it_ended(ANSWER, asked)} something else."
    if any(count(asked["steps"], "then") != 1 for asked in seen["after"]):
        return "`then` raised, after the COMMIT, and was awaited again; once is due."
    return ""


def _gave_up(seen: dict[str, Any], name: str) -> bool:
    return name in seen and seen[name]["outcome"]["ended"] == "raised"


def _why_no_pauses(seen: dict[str, Any]) -> str:
    last = seen["one"]["steps"][-1:]
    if count(seen["alone"]["steps"], "pause") or count(last, "pause"):
        return "There was a pause, and no further attempt after it."
    steps = [step for asked in (*seen["again"], seen["bound"]) for step in asked["steps"]]
    if any(step["step"] == "pause" and step["held"] for step in steps):
        return "A connection was held in the pause: others wait for it, and for its locks."
    if not count(steps, "pause"):
        return "A further attempt came without a pause: `sleep` was not awaited before it."
    if reason := interruption(seen["pauses"]["outcome"], ANSWER):
        return reason
    return why_apart_badly(seen["pauses"]["seconds"])


BEGIN_ANEW = Exercise(
    id="ch09-ex3",
    title="Begin anew, or not",
    objectives=("refusals",),
    answers=("begin_anew",),
    promises={
        "again": "after 40001 and 40P01, over either driver, of a statement or of the COMMIT, the "
        "whole work begins anew, in a new session, and is stored once",
        "once": "every other error comes out at once, as it is, and so does a cancellation",
        "unknown": "after a COMMIT of which nobody knows whether it was done, nothing begins anew",
        "bound": "the work is done `attempts` times at most, and then the last error comes out",
        "pauses": "before each further attempt there is a pause, which grows and has chance in it, "
        "and no connection is held meanwhile",
        "outside": "`then` is awaited once, after the COMMIT, whatever the work returned; what it "
        "raises comes out, and the work does not begin anew",
    },
    hints=(
        "What do all errors that say *taken back* have in common, over both drivers? What has a "
        "connection that was lost in its place?",
        "`getattr(error.orig, 'sqlstate', None) in ('40001', '40P01')`, and nothing else: not the "
        "class, not the message, not how the code begins.",
        "A `for` over the attempts; in it a `try` around one block of `Session.begin()`, with "
        "`except DBAPIError`. The pause and `then` stand outside of the block and of the `try`.",
    ),
    draw=draw,
    observe=observe,
    judge=judge,
)
