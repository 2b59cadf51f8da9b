"""Run a learner's function so that whatever it does, the check goes on."""

import asyncio
import inspect
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from lantern.errors import message_of

PATIENCE = 3.0  # seconds for one call; far more than any right answer needs on a busy machine
MOST_TEXT = 10_000  # characters that are told as they are

NO_PROCESSES = " Where answers are graded, no process is started and no connection is opened."
CURES = {
    "CancelledError": (
        " Awaiting a task that you cancelled raises it: collect them with "
        "`asyncio.gather(*tasks, return_exceptions=True)`."
    ),
    "asyncio.run() cannot be called from a running event loop": (
        " A loop runs already, here as in an endpoint: await instead."
    ),
    "[Errno 1] Operation not permitted": NO_PROCESSES,
    "[Errno 13] Permission denied": NO_PROCESSES,  # the lock that a pool of processes wants
}


class Stuck(BaseException):
    """The learner's code held the thread for too long; no `except Exception` may catch this."""


@dataclass(frozen=True)
class Outcome:
    """How a call ended: `ended` is returned, raised, timed out, stuck, not async or exited."""

    ended: str
    value: Any = None
    error: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Return plain data for a judge."""
        return {**vars(self), "value": plain(self.value)}


async def attempt(
    call: Callable[[], Any],
    seconds: float = PATIENCE,
    at_end: Callable[[], None] = lambda: None,
) -> Outcome:
    """Call and await the learner's function; return how it ended, never raise.

    `at_end` is called in the very moment of its end, before any other task runs.
    A call that ignores its cancellation is left behind after one more second.
    """
    task = asyncio.ensure_future(_guarded(call, seconds, at_end))
    await asyncio.wait({task}, timeout=seconds)
    if not task.done():
        task.cancel()
        await asyncio.wait({task}, timeout=1.0)
        return Outcome("timed out")
    return task.result()


async def _guarded(call: Callable[[], Any], seconds: float, at_end: Callable[[], None]) -> Outcome:
    try:
        with unblocked(seconds):
            result = call()
            if not inspect.isawaitable(result):
                return Outcome("not async", type(result).__name__)
            try:
                return Outcome("returned", await result)
            finally:
                at_end()
    except BaseException as error:
        return _failed(error)


def attempt_sync(call: Callable[[], Any], seconds: float = PATIENCE) -> Outcome:
    """Call a plain function of the learner's; return how it ended, never raise."""
    try:
        with unblocked(seconds):
            result = call()
    except BaseException as error:
        return _failed(error)
    if inspect.iscoroutine(result):
        result.close()
        return Outcome("not sync")
    return Outcome("returned", result)


@contextmanager
def unblocked(seconds: float) -> Iterator[None]:
    """Raise Stuck in code that holds the main thread for longer than this.

    Inside a running loop every turn of the loop starts the time anew, so that only code that
    blocks the loop is hit. Needs POSIX signals; elsewhere, and in other threads, it does
    nothing: there the process that started the check ends it.
    """
    main = threading.current_thread() is threading.main_thread()
    if not main or not hasattr(signal, "setitimer"):
        yield
        return

    def stop(*_: Any) -> None:
        raise Stuck

    before = signal.signal(signal.SIGALRM, stop)
    next_turn = _arm(seconds)
    try:
        yield
    finally:
        for turn in next_turn:
            turn.cancel()
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _arm(seconds: float) -> list[asyncio.TimerHandle]:
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        loop = None
    next_turn: list[asyncio.TimerHandle] = []

    def again() -> None:
        # It fires again every second, since code may catch BaseException and go on.
        signal.setitimer(signal.ITIMER_REAL, seconds, 1.0)
        if loop is not None:
            next_turn[:] = [loop.call_later(seconds / 10, again)]

    again()
    return next_turn


def _failed(error: BaseException) -> Outcome:
    if isinstance(error, Stuck):
        return Outcome("stuck")
    if isinstance(error, BaseExceptionGroup) and error.subgroup(Stuck):
        return Outcome("stuck")
    if isinstance(error, SystemExit | KeyboardInterrupt):
        return Outcome("exited", error=repr(error))
    return Outcome("raised", error=describe(error))


def plain(value: Any) -> Any:
    """Return the value as JSON could hold it; what it can't hold becomes a few words."""
    if isinstance(value, str) and len(value) > MOST_TEXT:
        return f"<a text of {len(value)} characters>"
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if inspect.iscoroutine(value):
        value.close()
        return "<a coroutine that nobody awaited>"
    if isinstance(value, asyncio.Future):
        return "<a task in place of its result>"
    if isinstance(value, BaseException):
        return f"<the error {describe(value)}>"
    return f"<{type(value).__name__}>"


def describe(error: BaseException) -> str:
    """Return class and first line of an error; of a group, its first member in brackets.

    Addresses, which differ in every run, are left out.
    """
    if isinstance(error, BaseExceptionGroup):
        return f"{type(error).__name__}({describe(error.exceptions[0])})"
    first = message_of(error)
    return f"{type(error).__name__}: {first}" if first else type(error).__name__


def interruption(outcome: dict[str, Any], name: str) -> str | None:
    """Say in a sentence why a call did not return, or None if it did."""
    match outcome["ended"]:
        case "raised":
            name_of_error, _, message = outcome["error"].partition(":")
            cure = CURES.get(message.strip() or name_of_error, "")
            told = outcome["error"].rstrip(".")
            return f"{name} raised {told}{'' if told.endswith('?') else '.'}{cure}"
        case "timed out":
            return (
                f"{name} had not returned after {PATIENCE:.0f} s. It waits for something that "
                "never comes: an await on the wrong thing, or work that nobody started?"
            )
        case "stuck":
            return (
                f"{name} held the thread for {PATIENCE:.0f} s without a single await, so nothing "
                "else could run. Is there a loop that never ends, or a blocking call?"
            )
        case "not async":
            return (
                f"{name} returned a {outcome['value']} at once instead of something to await. "
                "Define it with `async def`."
            )
        case "not sync":
            return f"{name} returned a coroutine. Define it with plain `def`."
        case "exited":
            return f"{name} tried to end Python ({outcome['error']}). Return a value instead."
    return None
