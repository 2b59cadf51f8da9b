"""ch04-ex2: a long export, and a reader who hangs up."""

from collections.abc import Iterable
from typing import Any

from course.checking.attempts import interruption
from course.checking.exercise import Broken, Exercise, Finding, Nothing, Star
from course.checking.patience import IDLE
from course.checks.ch04_dependencies.export_readers import (
    CANCELS,
    CONNECTIONS,
    HANG_UPS,
    KEYS,
    READERS,
    TELLS,
    Accounts,
    draw_accounts,
    has_come,
    observe_add_export,
    path_of,
    values_of,
)

AHEAD = 1_000  # rows that may be read before the reader has had them


def judge_add_export(case: Accounts, seen: dict[str, Any]) -> Iterable[Finding]:
    if reason := _why_no_export(case, seen):
        yield Nothing(reason)
        return
    findings = [
        Broken(promise, problem)
        for promise, problem in (
            ("lines", _why_not_the_lines(case, seen) or _why_not_theirs(seen)),
            ("rows", _why_too_far_ahead(seen["long"])),
            ("back", _why_not_back(seen)),
            ("ten", _why_not_ten(seen["crowd"], seen["long"]["most"]) or _why_not_again(seen)),
        )
        if problem
    ]
    yield from findings
    if not findings and seen["long"]["held"] == 0:
        yield Star(
            "While the reader paused, no connection was in use: however slow the readers are, and "
            "however many, the box office does not notice them."
        )


def _why_no_export(case: Accounts, seen: dict[str, Any]) -> str | None:
    if reason := interruption(seen["made"], "add_export"):
        return reason
    long, path = seen["long"], f"GET {path_of(case.long)}"
    if reason := interruption(long["outcome"], path):
        return reason
    if long["status"] == 404:
        return f"{path} was answered with 404. The path is /shows/{{show_id}}/orders."
    if "permanently closed" in long["error"]:
        return (
            f"{path}: the answer began with 200, and then its session had been closed before a row "
            'was read. A dependency with scope="function", or a block that ended with a `return`, '
            "closes it before the first line is sent. An ordinary factory would open it again in "
            "silence, and never give the connection back."
        )
    if long["error"]:
        return f"{path} failed: {long['error'].rstrip('.')}."
    if long["status"] != 200:
        return f"{path} was answered with {long['status']}."
    return None


def _why_not_the_lines(case: Accounts, seen: dict[str, Any]) -> str | None:
    for name in ("long", "short"):
        show_id = getattr(case, name)
        problem = _why_not_all(case, show_id, seen[name])
        if problem:
            return problem
    empty = seen["empty"]
    if empty["status"] != 200 or empty["error"] or empty["lines"]["count"]:
        answer = empty["error"] or f"{empty['status']}, and {empty['lines']['count']} lines"
        return (
            f"Show {case.empty} has no order: its export is a 200 and no line. It was answered "
            f"with {answer}."
        )
    return None


def _why_not_all(case: Accounts, show_id: int, read: dict[str, Any]) -> str | None:
    due, lines = len(case.orders[show_id]), read["lines"]
    if not has_come(read):
        return f"The export of show {show_id} failed: {read['error'] or read['status']}."
    told = f"Show {show_id} has {due} orders; its export had {lines['count']} lines."
    if lines["strange"] is not None:
        return (
            f"{told} One of them was {lines['strange']}: {_what_is_strange(case, show_id, lines)}"
        )
    if lines["repeated"]:
        return (
            f"{told} {lines['repeated']} orders came more than once, {lines['missing']} never. Do "
            "two portions overlap? Without ORDER BY the database may give another order each time."
        )
    return f"{told} {lines['missing']} orders never came." if lines["missing"] else None


def _what_is_strange(case: Accounts, due: int, lines: dict[str, Any]) -> str:
    text = str(lines["strange"])
    keys = ", ".join(KEYS)
    values = values_of(text)
    if values:
        show_id = case.show_of(values[0])
        if show_id not in (None, due):
            return f"that order is for show {show_id}."
        return "no order has these values."
    if text.startswith("["):
        return f"that is an array. Each line is an object of its own, with {keys}."
    return f"a line is a JSON object with {keys}, each of them a number."


def _why_too_far_ahead(long: dict[str, Any]) -> str | None:
    if long["ahead"] <= AHEAD:
        return None
    return (
        f"{long['ahead']} rows had been read from the database before the reader had had them; "
        f"{AHEAD} are the limit. all() reads every row first, and so does a stream of objects "
        "without yield_per; a portion may be too large; and a task of its own may read on while "
        "the reader waits."
    )


def _why_not_back(seen: dict[str, Any]) -> str | None:
    for name in ("long", "short", "empty"):
        if seen[name]["still out"]:
            return (
                "The export was read to its end, and its connection was still out: nobody closed "
                "what took it."
            )
    for how, hung_up in seen["hung up"].items():
        if hung_up["outcome"]["ended"] == "timed out":
            return (
                f"The reader hung up {how}, and the request did not end. What it holds, it holds "
                "for good."
            )
        if hung_up["still out"]:
            return (
                f"The reader hung up {how}, the request was over, and its connection was still "
                f"out. {_why_still_out(HANG_UPS[how])}"
            )
    return None


def _why_still_out(server: str) -> str:
    if server == TELLS:
        return (
            "A generator that stands at its `yield` is closed by nobody until the garbage "
            "collector finds it: neither its `async with` nor its `finally` is reached. Let "
            "FastAPI end the session, or hold none at a `yield`."
        )
    told = "Whatever closes the session must run on this way out as well, as a dependency's exit"
    if server == CANCELS:
        told += " with `finally`: a CancelledError is no Exception"
    return f"{told}."


def _why_not_ten(crowd: dict[str, Any], most: int) -> str | None:
    if crowd["outcome"]["ended"] == "timed out" and crowd["outcome"]["spent"] == IDLE:
        told = (
            f"{READERS} readers came at once, {crowd['served']} of them were served, and then "
            "nothing moved any more."
        )
        if most > 1:
            told += (
                f" One export alone had {most} connections in use at once: each of two holds one, "
                "and waits for another. What does the request hold until its last byte, beside "
                "the session that reads the lines?"
            )
        return told
    if reason := interruption(crowd["outcome"], f"One of {READERS} exports at once"):
        return reason
    if crowd["served"] < READERS:
        why = f": {crowd['error'].rstrip('.')}" if crowd["error"] else ""
        return f"Of {READERS} readers at once, {crowd['served']} were served{why}."
    return None


def _why_not_theirs(seen: dict[str, Any]) -> str | None:
    """Say that readers of a crowd were sent other lines than are due, where one alone was not."""
    wrong = max(seen["crowd"]["wrong"], seen["after them"]["wrong"])
    if not wrong or _are_served_less(seen):
        return None
    return (
        "The totals of a show's orders were corrected in the database, after its export had been "
        f"read. Then {READERS} readers came at once, and {wrong} of them got lines that do not "
        "say so, or not all of the lines. Is something kept from an earlier request, or left out "
        "where many come?"
    )


def _are_served_less(seen: dict[str, Any]) -> bool:
    return any(seen[name]["served"] < READERS for name in ("crowd", "after them"))


def _why_not_again(seen: dict[str, Any]) -> str | None:
    if seen["after them"]["served"] == READERS:
        return None
    return (
        f"{READERS} readers at once were served. Then {READERS} hung up at their first line, and "
        f"of {READERS} more who came {seen['after them']['served']} were served: those who left "
        "had taken something with them. What a generator holds at its `yield`, a place of a "
        "semaphore as well as a session, is given back by nobody when the reader hangs up."
    )


ADD_EXPORT = Exercise(
    id="ch04-ex2",
    title="An export that may be left",
    objectives=("streams",),
    answers=("add_export",),
    promises={
        "lines": "each order of the show is one line, and an empty export is none",
        "rows": f"never more than {AHEAD} rows are read before the reader has had them",
        "back": "the connection is back after the last line, and when the reader hangs up",
        "ten": f"{READERS} readers at once are served by {CONNECTIONS} connections",
    },
    hints=(
        "Who is certain to run when the reader hangs up between two lines? Not a generator that "
        "stands at its `yield`.",
        "Either the session comes from a dependency of the default scope, which FastAPI ends after "
        "the last byte or the hang-up; or it is opened for one portion, and closed before its "
        "lines are yielded. In both, `yield_per` or `limit` keeps the portion small.",
    ),
    draw=draw_accounts,
    observe=observe_add_export,
    judge=judge_add_export,
)
