"""ch07-ex2: a test that sees when an order is stored, and not only whether."""

import inspect
from collections.abc import Iterable
from functools import partial
from typing import Any

from course.checking.attempts import attempt, interruption
from course.checking.exercise import Broken, Exercise, Finding, Nothing, Unseen
from course.checks.ch07_testing.meanwhile import when_this_thread_sleeps
from course.checks.ch07_testing.storing_apps import (
    KINDS,
    Kind,
    Season,
    Watch,
    draw_season,
    make_app,
)


async def observe_a_test(case: Season, stored_when_it_is_said: Any) -> dict[str, Any]:
    """Let the test meet each app, and note how it ended."""
    seen = {}
    names = getattr(inspect.unwrap(stored_when_it_is_said), "__globals__", {})
    for number in case.order:
        watch = Watch()
        app = make_app(case, KINDS[number], watch)
        with when_this_thread_sleeps(partial(watch.store, app), names):
            outcome = await attempt(partial(stored_when_it_is_said, app))
        ended = outcome.as_dict() | {"value": repr(outcome.value)[:40]}
        seen[str(number)] = {"outcome": ended, **watch.as_dict()}
        await watch.close()
    return seen


def judge_a_test(case: Season, seen: dict[str, Any]) -> Iterable[Finding]:
    """Say which apps were judged wrongly, and what each of them does."""
    if reason := _why_nothing(case, seen):
        yield Nothing(reason)
        return
    met = {kind: seen[str(number)] for number, kind in enumerate(KINDS)}
    outcomes = {kind: one["outcome"] for kind, one in met.items()}
    problems = {kind: _why_misjudged(kind, one) for kind, one in met.items()}
    plain = {kind.promise: problem for kind, problem in problems.items() if problem}
    for kind, problem in problems.items():
        if not problem:
            continue
        # Who judges the plain apps wrongly is told so, and no more of those that do more.
        if kind.promise == "other" and ("fixed" if kind.wanted else "late") in plain:
            yield Unseen("other")
        else:
            yield Broken("never" if _never_stored(kind, met[kind]) else kind.promise, problem)
    # Whoever says the same of every app has told none from another.
    if all(outcome["ended"] == "returned" for outcome in outcomes.values()):
        yield Unseen("fixed")
    if all(outcome["ended"] == "raised" for outcome in outcomes.values()):
        yield from map(Unseen, ("late", "never"))
    if problem := _why_left_open(case, seen):
        yield Broken("house", problem)


def _why_nothing(case: Season, seen: dict[str, Any]) -> str | None:
    ends = [seen[str(number)]["outcome"] for number in case.order]
    for outcome in ends:
        if outcome["ended"] not in ("returned", "raised"):
            return interruption(outcome, "stored_when_it_is_said")
    if not any(seen[str(number)]["opened"] for number in case.order):
        told = interruption(ends[0], "stored_when_it_is_said") or "It passed for every app."
        return f"{told} No app was opened: whoever calls an app runs its lifespan, too."
    if not any(seen[str(number)]["asked"] for number in case.order):
        return (
            "No app was asked for an order: POST /orders/{key}, with a key that you choose. "
            f"{interruption(ends[0], 'stored_when_it_is_said') or ''}".rstrip()
        )
    return None


def _never_stored(kind: Kind, one: dict[str, Any]) -> bool:
    return kind.at == "nowhere" or (kind.at == "task" and not one["stored_later"])


def _why_misjudged(kind: Kind, one: dict[str, Any]) -> str | None:
    outcome = one["outcome"]
    passed = outcome["ended"] == "returned"
    if passed == kind.wanted:
        return None
    if kind.wanted:
        told = outcome["error"].rstrip(".")
        return (
            f"The test failed for an app that {kind.name}: its {'' if kind.says_so else 'free '}"
            f"order is stored before the answer leaves. It said {told}. What does your test look "
            "at, and when?"
        )
    if outcome["value"] != "None":
        return (
            f"The test returned {outcome['value']} for an app that {kind.name}. For whoever runs "
            "it, a test that returns has passed: it says no by an error that it raises."
        )
    if _never_stored(kind, one):
        return (
            f"The test passed for an app that {kind.name}: 201 was said, and no order with this "
            "key was ever stored."
        )
    if kind.at == "task":
        return (
            f"The test passed for an app that {kind.name}. When its 201 left, no order with this "
            "key was stored; the test let time pass, with a sleep, a time-out or many turns of the "
            "loop, and then there was one. A guest looks at once."
        )
    return (
        f"The test passed for an app that {kind.name}. When its 201 left, no order with this key "
        "was stored; when the app's function had returned, there was one. When does your test "
        "look, and at what?"
    )


def _why_left_open(case: Season, seen: dict[str, Any]) -> str | None:
    for number in case.order:
        one, app = seen[str(number)], f"an app that {KINDS[number].name}"
        how = "failed" if one["outcome"]["ended"] == "raised" else "passed"
        if one["opened"] > one["closed"]:
            return (
                f"The test {how} for {app}, and nobody ended the app's lifespan: its engine, and "
                "all that it holds, stays for the tests that follow."
            )
        if one["out"]:
            return (
                f"The test {how} for {app}, and when the lifespan ended {one['out']} connection "
                "was still out. The apps give theirs back; is it the one that the test looked with?"
            )
    return None


SAID_AND_STORED = Exercise(
    id="ch07-ex2",
    title="Said and stored",
    objectives=("rehearse", "late"),
    answers=("stored_when_it_is_said",),
    promises={
        "fixed": "it passes for apps that store the order and then answer, however they do it",
        "late": "it fails for apps that answer first and commit then",
        "never": "it fails for an app that never commits",
        "other": "it is not misled by what else an app commits, before it or after it",
        "house": "it runs the lifespan to its end, and leaves no connection out, pass or fail",
    },
    hints=(
        "httpx's transport gives its answer when the app has returned, so whatever you look at "
        "then is too late. What sees the moment at which the answer leaves?",
        "Wrap the app: a function with `scope, receive, send` that gives the app another `send`. "
        "At `http.response.start` it looks for the row, in a session of its own.",
    ),
    draw=draw_season,
    observe=observe_a_test,
    judge=judge_a_test,
    own_connections=True,
)
