"""ch06-ex3: work at the database that is done anew when others were in its way."""

from collections.abc import Awaitable, Callable, Iterable, Iterator
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from course.checking.attempts import interruption
from course.checking.exercise import Broken, Exercise, Finding, Nothing, Plain
from course.checks.ch06_overselling.every_order import (
    NAMES,
    broken_by,
    every_order,
    why_no_proof,
    why_not_explored,
)
from course.checks.ch06_overselling.refused_work import (
    AGAIN,
    HELD_UP,
    IN_WORDS,
    KNOWN_LATE,
    LOCKED,
    ONCE,
    WAITS,
    Night,
    Office,
    draw_night,
    locked,
    rows,
)
from course.checks.retries import (
    NOTHINGS,
    TOO_MANY,
    Call,
    between,
    count,
    how_it_ended,
    times,
    why_apart_badly,
    why_unbounded,
)
from course.checks.sessions import close_all, fill
from lantern.theatre import Order, Show, make_engine

ANSWER = "retrying"
TIMES = 100  # that it gives up, so that its pauses can be compared


async def observe_retrying(case: Night, retrying: Any) -> dict[str, Any]:
    """Let work be refused in many ways, and two guests look and write in every order."""
    engine = make_engine(pool_size=10)
    office = Office(case, engine)
    seen: dict[str, Any] = {}

    async def ask(*plan: str, attempts: int = case.attempts, **options: Any) -> Plain:
        return await office.ask(retrying, plan, attempts, **options)

    try:
        await fill(engine, rows(case))
        seen["alone"] = await ask()
        if seen["alone"]["outcome"]["ended"] != "returned":
            return seen
        for what in (*AGAIN, *ONCE):
            stands = {"held_up": what == HELD_UP, "cancel": what in (WAITS, HELD_UP)}
            seen[what] = await ask(what, **stands)
        for name, attempts in _bounds(case, seen):
            seen[name] = await ask(*[LOCKED] * (attempts + TOO_MANY), attempts=attempts)
        seen["then"] = await ask(then_raises=locked())
        mail = ConnectionRefusedError("the mail server has no time")
        seen["mail"] = await ask(then_raises=mail)
        seen["nothings"] = [await ask(result=result) for result in NOTHINGS]
        if _pauses_at_all(seen):
            seen["pauses"] = await office.pauses(retrying, LOCKED, TIMES)
        # Whoever has no bound, or does not pause, has more orders than can be run.
        if not list(_judge_bound(case, seen)) and not list(_judge_pauses(seen)):
            seen["two"] = await _two(office, retrying)
    finally:
        await close_all(office.session)
        await engine.dispose()
    return seen


async def _two(office: Office, retrying: Any) -> Plain:
    """Let two guests look and write in one block, with two attempts, in every order.

    A pause is over when nobody writes: that is as long as a good pause is, and takes no time.
    """

    def calling(guest: int) -> Callable[[], Awaitable[Any]]:
        async def call() -> Any:
            one = Call(office, (), 2, guest)

            async def sleep(*_: Any, **__: Any) -> None:
                await _until_nobody_writes(office.engine)

            one.sleep = sleep  # type: ignore[method-assign]
            return {"result": await one.run(retrying)}

        return call

    async def before() -> None:
        await close_all(office.session)
        await office.clear()

    async def look() -> Plain:
        async with office.engine.connect() as connection:
            guests = select(Order.guest_id).order_by(Order.guest_id)
            return {
                "sold": (await connection.execute(select(Show.sold))).scalar(),
                "guests": list((await connection.execute(guests)).scalars()),
            }

    calls = map(calling, office.guests)
    return await every_order(office.engine, *calls, before=before, look=look)


async def _until_nobody_writes(engine: AsyncEngine) -> None:
    async with engine.connect() as connection:
        await connection.execution_options(write=True)
        await connection.begin()
        await connection.rollback()


def judge_retrying(case: Night, seen: dict[str, Any]) -> Iterable[Finding]:
    alone = seen["alone"]
    if reason := _why_nothing(alone):
        yield Nothing(reason)
        return
    bound, pauses = list(_judge_bound(case, seen)), list(_judge_pauses(seen))
    yield from bound
    yield from pauses
    yield from _judge_anew(case, seen)
    yield from _judge_only(seen)
    yield from _judge_then(seen)
    yield from _judge_released(seen)


def _why_nothing(alone: Plain) -> str | None:
    if reason := interruption(alone["outcome"], "retrying"):
        return reason
    if not _works(alone):
        return "retrying returned, and had not called `work`."
    return None


def _works(asked: Plain) -> int:
    return count(asked["steps"], "work")


def _pauses_after(asked: Plain) -> int:
    """Return how many pauses there were after the first attempt had begun."""
    names = [step["step"] for step in asked["steps"]]
    return names[names.index("work") :].count("pause") if "work" in names else 0


def _judge_anew(case: Night, seen: dict[str, Any]) -> Iterator[Broken]:
    """Judge whether the whole work is done anew, and what comes back of it."""
    problems = [_why_not_served(seen["alone"], "nothing was refused", 1)]
    problems += [_why_not_served(seen[what], f"{IN_WORDS[what]} once", 2) for what in AGAIN]
    for problem in filter(None, problems[:1]):
        yield Broken("anew", problem)
        return
    if "two" in seen:
        yield from _judge_two(case, seen["two"])
    for problem in filter(None, problems):
        yield Broken("anew", problem)


def _why_not_served(asked: Plain, why: str, due: int) -> str:
    """Say what was wrong with a call that had to succeed in so many attempts."""
    works = [step for step in asked["steps"] if step["step"] == "work"]
    if len(works) == due and not all(step["new"] for step in works):
        return f"When {why}, the next attempt was given the same session; each has a new one."
    if reason := interruption(asked["outcome"], "retrying"):
        return f"When {why}, the work was done {times(len(works))}. {reason}{_cure(reason)}"
    if len(works) != due:
        return f"When {why}, the work was done {times(len(works))} in place of {times(due)}."
    if asked["stored"] != [due]:
        return (
            f"When {why}, the attempts whose order is stored are {asked['stored']} in place of "
            f"[{due}], the last one alone."
        )
    if not asked["result"]:
        return f"When {why}, retrying did not return what the work had returned."
    return ""


def _cure(reason: str) -> str:
    if "PendingRollbackError" not in reason:
        return ""
    return (
        " What has failed in a session is over when it has rolled back; each attempt has a new one."
    )


def _judge_two(case: Night, two: Plain) -> Iterator[Broken]:
    if reason := why_not_explored(two, "retrying") or why_no_proof(two, "retrying, by two guests,"):
        yield Broken("anew", reason)
        return
    for end in two["ends"]:
        for name, outcome in zip(NAMES, end["outcomes"], strict=False):
            if reason := interruption(outcome, f"{name}'s purchase"):
                told = (
                    "Two guests look and write in one block, with two attempts each, and a pause "
                    "that is over when nobody writes: a BEGIN, and a ROLLBACK. "
                )
                in_short = reason.partition(": ")[0]
                yield broken_by("anew", told + reason + _cure(reason), end, in_short=in_short)
                return
        left = {"sold": case.sold + 2, "guests": sorted((case.earlier, *case.guests))}
        if end["left"] != left:
            told = (
                f"Two guests bought a place each: `sold` says {end['left']['sold']} in place of "
                f"{left['sold']}, and the orders are those of {end['left']['guests']}."
            )
            yield broken_by("anew", told, end)
            return


def _judge_only(seen: dict[str, Any]) -> Iterator[Broken]:
    """Judge whether what others have nothing to do with comes out at once."""
    for what in ONCE:
        # Without a COMMIT nothing is flushed late.
        if what == KNOWN_LATE and not seen["alone"]["stored"]:
            continue
        if reason := _why_not_at_once(what, seen[what]):
            yield Broken("only", reason)
            return


def _why_not_at_once(what: str, asked: Plain) -> str:
    works = _works(asked)
    cancelled = what in (WAITS, HELD_UP)
    if what == HELD_UP and not count(asked["steps"], "pause"):
        return ""  # there was no pause in which it could be cancelled
    if works > 1 or (_pauses_after(asked) and what != HELD_UP):
        told = f"{IN_WORDS[what][0].upper()}{IN_WORDS[what][1:]}: "
        done = f"the work was done {times(works)}" if works > 1 else "there was a pause"
        right = (
            "who was cancelled ends at once"
            if cancelled
            else "an error of which `not_now` says False comes out at once"
        )
        return f"{told}{done}; {right}."
    ended = asked["outcome"]["ended"]
    if cancelled and asked["cancelled"]:
        return ""
    if cancelled or ended == "returned":
        return f"When {IN_WORDS[what]}, {how_it_ended(ANSWER, asked)}; this was to come out."
    if ended != "raised":
        return interruption(asked["outcome"], "retrying") or ""
    is_known = what == KNOWN_LATE and asked["outcome"]["error"].startswith("IntegrityError")
    if not is_known and not asked["same"]:
        how = how_it_ended(ANSWER, asked)
        return f"When {IN_WORDS[what]}, {how}; the error was to come out as it is."
    return ""


def _pauses_at_all(seen: dict[str, Any]) -> bool:
    return any(count(seen[what]["steps"], "pause") for what in AGAIN if _works(seen[what]) > 1)


def _bounds(case: Night, seen: dict[str, Any]) -> list[tuple[str, int]]:
    """Return how many attempts are allowed where all are refused, by the name of the question.

    They are few for an answer that may wait by the clock, and longer each time.
    """
    return [("one", 1), ("bound", case.attempts if _pauses_at_all(seen) else 2)]


def _judge_bound(case: Night, seen: dict[str, Any]) -> Iterator[Broken]:
    """Judge how often the work is done at most, and what comes out at last."""
    for name, attempts in _bounds(case, seen):
        if reason := why_unbounded(ANSWER, attempts, seen[name]):
            yield Broken("bound", reason)
            return


def _judge_pauses(seen: dict[str, Any]) -> Iterator[Broken]:
    if reason := _why_no_pauses(seen):
        yield Broken("pauses", reason)


def _why_no_pauses(seen: dict[str, Any]) -> str:
    if any(step["step"] == "pause" for step in seen["alone"]["steps"][:1]):
        return "There was a pause before the first attempt."
    if any(between(seen[name]["steps"])[-1:] not in ([], [0.0]) for name in ("alone", "one")):
        return "There was a pause, and no further attempt after it."
    if not any(_works(seen[what]) > 1 for what in AGAIN):
        return "Nothing was tried again, so there was no pause before a further attempt."
    if not _pauses_at_all(seen):
        return "A further attempt came without a pause: `sleep` was not awaited before it."
    if reason := interruption(seen["pauses"]["outcome"], "retrying"):
        return reason
    return why_apart_badly(seen["pauses"]["seconds"])


def _judge_then(seen: dict[str, Any]) -> Iterator[Broken]:
    if reason := _why_not_after(seen):
        yield Broken("then", reason)


def _why_not_after(seen: dict[str, Any]) -> str:
    committed = [seen["alone"], seen["then"], seen["mail"], *seen["nothings"]]
    for one in committed:
        for step in (step for step in one["steps"] if step["step"] == "then"):
            if not step["stored"]:
                return "When `then` was called, nobody else could see the order: no COMMIT yet."
            if not step["given"]:
                return "`then` was called with something else than what the work had returned."
    # What was done once more, and should not have been, is judged elsewhere.
    for what in (*ONCE, "one", "bound"):
        if any(step["step"] == "then" and not step["stored"] for step in seen[what]["steps"]):
            return "`then` was called although no attempt had been committed."
    for what, error in (("then", "`database is locked`"), ("mail", "a ConnectionRefusedError")):
        asked = seen[what]
        told, works = f"`then` raised {error}, after the commit: ", _works(asked)
        if works != 1:
            stored = len(asked["stored"])
            return f"{told}the work was done {times(works)}, and {stored} orders stored."
        if count(asked["steps"], "then") == 1 and (_pauses_after(asked) or not asked["same"]):
            return f"{told}this was to come out; {how_it_ended(ANSWER, asked)}."
    ofs = ["", "", "", *(f" of a work that returned {nothing!r}" for nothing in NOTHINGS)]
    for of, one in zip(ofs, committed, strict=True):
        if (calls := count(one["steps"], "then")) != 1:
            return f"`then` was called {times(calls)} after one commit{of}."
        if of and seen["alone"]["result"] and not one["result"]:
            return f"After the commit{of}, {how_it_ended(ANSWER, one)} something else."
    return ""


def _judge_released(seen: dict[str, Any]) -> Iterator[Broken]:
    if reason := _why_not_released(seen):
        yield Broken("released", reason)


def _why_not_released(seen: dict[str, Any]) -> str:
    for what in ("alone", *AGAIN, *ONCE, "one", "bound", "then"):
        asked = seen[what]
        for step in asked["steps"]:
            if step.get("held") and step["step"] == "pause":
                when = IN_WORDS.get(what, "it was refused")
                return f"When {when}, a connection was held in the pause."
            # Whoever has not committed yet is told that.
            if step.get("held") and step["step"] == "then" and step["stored"]:
                return "While `then` was awaited, a connection was held."
        if asked["outcome"]["ended"] not in ("returned", "raised"):
            continue
        when = f" when {IN_WORDS[what]}" if what in IN_WORDS else ""
        if asked["held"]:
            return f"At the end a connection was not given back{when}."
    return ""


RETRYING = Exercise(
    id="ch06-ex3",
    title="Once more, from the beginning",
    objectives=("retry", "again"),
    answers=("retrying",),
    promises={
        "anew": "who was refused begins anew, with the whole work in a new session: two who look "
        "and write in one block are both served in two attempts, in every order of their steps",
        "only": "an error of which `not_now` says False comes out at once, as it is, and so does a "
        "cancellation",
        "bound": "the work is done `attempts` times at most, and then the last error comes out, "
        "as it is",
        "pauses": "before each further attempt there is a pause, which grows, and is not the same "
        "for two who were refused together",
        "then": "`then` is called once, after the commit, and nothing that it raises lets the work "
        "be done again",
        "released": "no connection is held in a pause, while `then` is awaited, or at the end",
    },
    hints=(
        "What belongs together in an attempt: the session, the work, the COMMIT. What does not?",
        "A `for` over the attempts; in it a `try` around one block of `Session.begin()`, and an "
        "`except`. The pause and `then` stand outside of the block.",
        "`except Exception as error: if attempt == attempts or not not_now(error): raise`, then "
        "`await sleep(uniform(0, 0.01 * 2**attempt))`. A `try` has an `else`, for what comes when "
        "nothing was raised.",
    ),
    draw=draw_night,
    observe=observe_retrying,
    judge=judge_retrying,
)
