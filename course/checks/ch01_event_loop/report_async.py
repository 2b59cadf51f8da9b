"""ch01-ex2: a report that freezes nobody."""

from collections.abc import Iterable, Iterator
from typing import Any

from course.checking.attempts import interruption
from course.checking.exercise import Broken, Exercise, Finding, Nothing
from course.checks.ch01_event_loop.report_seen import (
    Case,
    came_out,
    draw_report_async,
    frozen_when,
    observe_report_async,
)


def judge_report_async(case: Case, seen: dict[str, Any]) -> Iterable[Finding]:
    report = seen["report"]
    reason = interruption(report, "report_async")
    if reason and ("pickle" in reason.lower() or "local object" in reason):
        reason = (
            "build_report can't be sent to another process: it holds on to things of this one. "
            "A thread takes it as it is."
        )
    if not seen["calls"]:
        yield Nothing(reason or _not_called(report))
        return
    if when := frozen_when(seen):
        yield Broken("free", _why_frozen(seen, when))
    if reason:
        yield Broken("value", _why_frozen(seen, when) if when else reason)
        yield Broken("errors", "Whether an error comes out shows once a report comes back.")
        return
    yield from _judge_value(case, seen, bool(when))
    *_, (error, failed) = zip(case.errors, seen["failed"], strict=False)
    if not came_out(case, error, failed):
        yield Broken("errors", _what_came(error.__name__, failed))


def _judge_value(case: Case, seen: dict[str, Any], frozen: bool) -> Iterator[Broken]:
    value, due = seen["report"]["value"], f"{case.path}: {case.sold} seats sold\n"
    if seen["calls"] != [case.path]:
        called = ", ".join(map(repr, seen["calls"]))
        yield Broken(
            "value",
            f"One report of {case.path!r} was asked for, and build_report was called with "
            f"{called}.",
        )
    elif value != due:
        yield Broken(
            "value", f"report_async returned {value!r} instead of {due!r}, which build_report gave."
        )
    elif frozen:
        return  # nothing can be asked for at once
    elif reason := interruption(seen["at once"], "report_async"):
        yield Broken("value", f"With three reports asked for at once: {reason}")
    else:
        yield from _judge_three(case, seen["at once"]["value"], seen["built at once"])
        yield from _judge_empty(case, seen["empty"])


def _judge_three(case: Case, given: Any, built: list[str]) -> Iterator[Broken]:
    values = given if isinstance(given, list) else [given]
    for path, value in zip(case.at_once, values, strict=False):
        if not str(value).startswith(f"{path}: "):
            yield Broken(
                "value",
                f"Three reports were asked for at once, and whoever wanted {path!r} got {value!r}. "
                "Do the calls share a variable?",
            )
    if len(built) == len(case.at_once) and sorted(map(str, values)) == sorted(built):
        return
    came = len(set(map(str, values)))
    yield Broken(
        "value",
        f"Three reports were asked for at once, two of them of {case.path!r}: build_report was "
        f"called {'once' if len(built) == 1 else f'{len(built)} times'}, and {came} different "
        f"{'report' if came == 1 else 'reports'} came back. "
        "Each call builds a report of its own, since the sales go on.",
    )


def _judge_empty(case: Case, empty: dict[str, Any]) -> Iterator[Broken]:
    if reason := interruption(empty, "report_async"):
        yield Broken("value", f"build_report({case.other!r}) gave an empty text. {reason}")
    elif empty["value"] != "":
        yield Broken(
            "value",
            f"build_report({case.other!r}) gave an empty text, and report_async returned "
            f"{empty['value']!r}. An empty report is a report.",
        )


def _what_came(error: str, failed: dict[str, Any]) -> str:
    if failed["ended"] == "returned":
        return (
            f"build_report raised {error}, and report_async returned {failed['value']!r}. The "
            "caller must hear of it."
        )
    reason = interruption(failed, "report_async")
    return f"build_report raised {error}. After that, {reason}"


def _not_called(report: dict[str, Any]) -> str:
    return (
        f"build_report was never called; report_async returned {report['value']!r}. "
        "Was something started and never awaited?"
    )


def _why_frozen(seen: dict[str, Any], when: list[str]) -> str:
    error = seen["report"]["error"]
    if "during" not in when:
        place = (
            "before build_report began" if when[0] == "before" else "after build_report was over"
        )
        return (
            f"The loop was frozen {place}, for {max(seen['frozen'][when[0]]):.1f} s. What in "
            "report_async holds the thread there?"
        )
    if seen["elsewhere"]:
        return (
            "build_report ran in another thread, and the loop was frozen all the same: its own "
            "thread was held meanwhile, as by `join()` or `result()`, or by looking at the other "
            "one again and again. Leave the loop's thread alone, and await."
        )
    if "a coroutine was expected" in error:
        return (
            "The loop was frozen while the report was built, and then came "
            f"{error}. create_task wants a coroutine; build_report is a plain "
            "function, so writing build_report(path) ran it, here, on the loop."
        )
    # Up to Python 3.13, and from 3.14 on.
    if any(words in error for words in ("used in 'await'", "can't be awaited")):
        return (
            "The loop was frozen while the report was built, and then came "
            f"{error}. build_report is a plain function: calling it does the whole "
            "work at once and gives text, and text can't be awaited."
        )
    if seen["report"]["ended"] == "raised" and "not callable" in error:
        return (
            "The loop was frozen while the report was built, and then came "
            f"{error}. You called build_report before handing it over: pass the "
            "function and its argument separately."
        )
    return (
        "build_report ran on the loop's own thread, and the loop was frozen for as long as the "
        "report was built: no other request was answered. async def alone does not make blocking "
        "code wait politely; it has to leave the loop's thread."
    )


REPORT_ASYNC = Exercise(
    id="ch01-ex2",
    title="A report that freezes nobody",
    objectives=("blocking", "endpoints", "freeze"),
    answers=("report_async",),
    promises={
        "free": "the loop goes on while the report is built",
        "value": "the report comes back",
        "errors": "an error of the report comes out",
    },
    hints=(
        "The work blocks a thread. Which thread must it not be?",
        "asyncio.to_thread runs a plain function in another thread and can be awaited.",
        "Hand over the function and its argument, not its result: to_thread(function, argument).",
    ),
    draw=draw_report_async,
    observe=observe_report_async,
    judge=judge_report_async,
)
