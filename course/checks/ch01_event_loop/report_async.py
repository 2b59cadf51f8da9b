"""ch01-ex2: a report that freezes nobody."""

import asyncio
import threading
from collections.abc import Iterable
from typing import Any

from course.checking.attempts import attempt, interruption
from course.checking.exercise import Broken, Exercise, Finding, Nothing
from course.checking.patience import Patience
from lantern.pulse import is_queued

BREATH = 0.5  # seconds that the report waits for a loop that stands still; see Patience


async def observe_report_async(case: None, report_async: Any) -> dict[str, Any]:
    """Hand over a report that waits until the loop gives a sign of life."""
    loop = asyncio.get_running_loop()
    here = threading.current_thread()
    calls: list[str] = []
    frozen = elsewhere = False

    def build_report(path: str) -> str:
        nonlocal frozen, elsewhere
        calls.append(path)
        elsewhere = threading.current_thread() is not here
        frozen = not elsewhere or not _is_alive(loop, here)
        return f"report of {path}"

    def burn(path: str) -> str:
        raise FileNotFoundError(f"no ledger at {path}")

    outcome = await attempt(lambda: report_async("march.csv", build_report))
    failed = await attempt(lambda: report_async("april.csv", burn))
    return {
        "report": outcome.as_dict(),
        "calls": calls,
        "frozen": frozen,
        "elsewhere": elsewhere,
        "failed": failed.as_dict(),
    }


def _is_alive(loop: asyncio.AbstractEventLoop, its_thread: threading.Thread) -> bool:
    """Tell, in another thread, whether the loop goes on; one that waits for a processor does."""
    alive, patience = threading.Event(), Patience(BREATH, tick=0.05)
    loop.call_soon_threadsafe(alive.set)
    while not alive.wait(patience.tick):
        if not is_queued(its_thread) and patience.look():
            return False
    return True


def judge_report_async(case: None, seen: dict[str, Any]) -> Iterable[Finding]:
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
    if seen["frozen"]:
        yield Broken("free", _why_frozen(seen))
    if len(seen["calls"]) > 1:
        yield Broken(
            "value", f"build_report was called {len(seen['calls'])} times; once is enough."
        )
    elif reason:
        yield Broken("value", _why_frozen(seen) if seen["frozen"] else reason)
    elif report["value"] != "report of march.csv":
        yield Broken(
            "value",
            f"report_async returned {report['value']!r} instead of what build_report returned. "
            "Was something started and never awaited?",
        )
    if reason:
        yield Broken("errors", "Whether an error comes out shows once a report comes back.")
    elif seen["failed"]["ended"] == "returned":
        yield Broken(
            "errors",
            "build_report raised FileNotFoundError, and report_async returned "
            f"{seen['failed']['value']!r}. The caller must hear of it.",
        )
    elif "FileNotFoundError" not in seen["failed"]["error"]:
        yield Broken(
            "errors", interruption(seen["failed"], "report_async") or "The error was lost."
        )


def _not_called(report: dict[str, Any]) -> str:
    return (
        f"build_report was never called; report_async returned {report['value']!r}. "
        "Was something started and never awaited?"
    )


def _why_frozen(seen: dict[str, Any]) -> str:
    report = seen["report"]
    if "a coroutine was expected" in report["error"]:
        return (
            "The loop was frozen while the report was built, and then came "
            f"{report['error']}. create_task wants a coroutine; build_report is a plain "
            "function, so writing build_report(path) ran it, here, on the loop."
        )
    # Up to Python 3.13, and from 3.14 on.
    if any(words in report["error"] for words in ("used in 'await'", "can't be awaited")):
        return (
            "The loop was frozen while the report was built, and then came "
            f"{report['error']}. build_report is a plain function: calling it does the whole "
            "work at once and gives text, and text can't be awaited."
        )
    if report["ended"] == "raised" and "not callable" in report["error"]:
        return (
            "The loop was frozen while the report was built, and then came "
            f"{report['error']}. You called build_report before handing it over: pass the "
            "function and its argument separately."
        )
    if seen["elsewhere"]:
        return (
            "build_report ran in another thread, and the loop's thread waited for it, as `join()` "
            "and `result()` do: no other request was answered. Leave the loop's thread, and await."
        )
    return (
        "The loop was frozen for as long as the report was built: no other request was answered. "
        "async def alone does not make blocking code wait politely; it has to leave the loop's "
        "thread."
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
    observe=observe_report_async,
    judge=judge_report_async,
)
