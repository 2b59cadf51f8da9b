"""ch06-ex3: work at the database that is done anew when others were in its way."""

from collections.abc import Iterable, Iterator
from typing import Any

from course.checking.attempts import interruption
from course.checking.exercise import Broken, Elsewhere, Exercise, Finding, Nothing, Plain
from course.checks.ch06_overselling.every_order import (
    NAMES,
    broken_by,
    why_no_proof,
    why_not_explored,
)
from course.checks.ch06_overselling.how_often import ANSWER, judge_bound, judge_pauses, works
from course.checks.ch06_overselling.refused_work import (
    AGAIN,
    HELD_UP,
    KNOWN_LATE,
    ONCE,
    WAITS,
    Night,
    draw_night,
)
from course.checks.ch06_overselling.tried_again import observe_retrying
from course.checks.retries import NOTHINGS, count, how_it_ended, times


def judge_retrying(case: Night, seen: dict[str, Any]) -> Iterable[Finding]:
    alone = seen["alone"]
    if reason := _why_nothing(alone):
        yield Nothing(reason)
        return
    bound, pauses = list(judge_bound(case, seen)), list(judge_pauses(seen))
    yield from bound
    yield from pauses
    yield from _judge_anew(case, seen)
    yield from _judge_only(seen)
    yield from _judge_then(seen)
    yield from _judge_released(seen)


def _why_nothing(alone: Plain) -> str | None:
    if reason := interruption(alone["outcome"], "retrying"):
        return reason
    if not works(alone):
        return "retrying returned, and had not called `work`."
    return None


def _pauses_after(asked: Plain) -> int:
    """Return how many pauses there were after the first attempt had begun."""
    names = [step["step"] for step in asked["steps"]]
    return names[names.index("work") :].count("pause") if "work" in names else 0


def _judge_anew(case: Night, seen: dict[str, Any]) -> Iterator[Broken]:
    """Judge whether the whole work is done anew, and what comes back of it."""
    problems = [_why_not_served(seen["alone"], "nothing was refused", 1)]
    problems += [_why_not_served(seen[what], f"{seen[what]['when']} once", 2) for what in AGAIN]
    for problem in filter(None, problems[:1]):
        yield Broken("anew", problem)
        return
    if "two" in seen:
        yield from _judge_two(case, seen["two"])
    for problem in filter(None, problems):
        yield Broken("anew", problem)


def _why_not_served(asked: Plain, why: str, due: int) -> str:
    """Say what was wrong with a call that had to succeed in so many attempts."""
    new = [step["new"] for step in asked["steps"] if step["step"] == "work"]
    if len(new) == due and not all(new):
        return f"When {why}, the next attempt was given the same session; each has a new one."
    if reason := interruption(asked["outcome"], "retrying"):
        return f"When {why}, the work was done {times(len(new))}. {reason}{_cure(reason)}"
    if len(new) != due:
        return f"When {why}, the work was done {times(len(new))} in place of {times(due)}."
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
    done = works(asked)
    cancelled = what in (WAITS, HELD_UP)
    if what == HELD_UP and not count(asked["steps"], "pause"):
        return ""  # there was no pause in which it could be cancelled
    if done > 1 or (_pauses_after(asked) and what != HELD_UP):
        told = f"{asked['when'][0].upper()}{asked['when'][1:]}: "
        what_it_did = f"the work was done {times(done)}" if done > 1 else "there was a pause"
        right = (
            "who was cancelled ends at once"
            if cancelled
            else "an error of which `not_now` says False comes out at once"
        )
        return f"{told}{what_it_did}; {right}."
    ended = asked["outcome"]["ended"]
    if cancelled and asked["cancelled"]:
        return ""
    if cancelled or ended == "returned":
        return f"When {asked['when']}, {how_it_ended(ANSWER, asked)}; this was to come out."
    if ended != "raised":
        return interruption(asked["outcome"], "retrying") or ""
    is_known = what == KNOWN_LATE and asked["outcome"]["error"].startswith("IntegrityError")
    if not is_known and not asked["same"]:
        how = how_it_ended(ANSWER, asked)
        return f"When {asked['when']}, {how}; the error was to come out as it is."
    return ""


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
    for what, error in (("then", f"`{seen['refused']}`"), ("mail", "a ConnectionRefusedError")):
        asked = seen[what]
        told, done = f"`then` raised {error}, after the commit: ", works(asked)
        if done != 1:
            stored = len(asked["stored"])
            return f"{told}the work was done {times(done)}, and {stored} orders stored."
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
                when = asked["when"]
                return f"When {when}, a connection was held in the pause."
            # Whoever has not committed yet is told that.
            if step.get("held") and step["step"] == "then" and step["stored"]:
                return "While `then` was awaited, a connection was held."
        if asked["outcome"]["ended"] not in ("returned", "raised"):
            continue
        when = f" when {asked['when']}" if what in (*AGAIN, *ONCE) else ""
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
    elsewhere=Elsewhere(
        observe_retrying, "at REPEATABLE READ, in some orders of two guests' steps"
    ),
)
