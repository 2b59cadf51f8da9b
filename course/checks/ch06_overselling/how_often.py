"""ch06-ex3: how often the work was done at most, and how long apart."""

from collections.abc import Iterator
from typing import Any

from course.checking.attempts import interruption
from course.checking.exercise import Broken, Plain
from course.checks.ch06_overselling.refused_work import AGAIN, Night
from course.checks.retries import between, count, why_apart_badly, why_unbounded

ANSWER = "retrying"


def works(asked: Plain) -> int:
    """Return how many attempts a call has made."""
    return count(asked["steps"], "work")


def pauses_at_all(seen: dict[str, Any]) -> bool:
    """Tell whether it paused where it tried again."""
    return any(count(seen[what]["steps"], "pause") for what in AGAIN if works(seen[what]) > 1)


def bounds(case: Night, seen: dict[str, Any]) -> list[tuple[str, int]]:
    """Return how many attempts are allowed where all are refused, by the name of the question.

    They are few for an answer that may wait by the clock, and longer each time.
    """
    return [("one", 1), ("bound", case.attempts if pauses_at_all(seen) else 2)]


def judge_bound(case: Night, seen: dict[str, Any]) -> Iterator[Broken]:
    """Judge how often the work is done at most, and what comes out at last."""
    for name, attempts in bounds(case, seen):
        if reason := why_unbounded(ANSWER, attempts, seen[name]):
            yield Broken("bound", reason)
            return


def judge_pauses(seen: dict[str, Any]) -> Iterator[Broken]:
    """Judge the pause before each further attempt."""
    if reason := _why_no_pauses(seen):
        yield Broken("pauses", reason)


def _why_no_pauses(seen: dict[str, Any]) -> str:
    if any(step["step"] == "pause" for step in seen["alone"]["steps"][:1]):
        return "There was a pause before the first attempt."
    if any(between(seen[name]["steps"])[-1:] not in ([], [0.0]) for name in ("alone", "one")):
        return "There was a pause, and no further attempt after it."
    if not any(works(seen[what]) > 1 for what in AGAIN):
        return "Nothing was tried again, so there was no pause before a further attempt."
    if not pauses_at_all(seen):
        return "A further attempt came without a pause: `sleep` was not awaited before it."
    if reason := interruption(seen["pauses"]["outcome"], ANSWER):
        return reason
    return why_apart_badly(seen["pauses"]["seconds"])
