"""Run a learner's function so that whatever it does, the check goes on."""

import asyncio
import inspect
import linecache
import signal
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from types import FrameType
from typing import Any

from course.checking.patience import IDLE, LATE, SOON, WORKED, Patience, tick, until_idle
from lantern.errors import message_of
from lantern.idle import Surroundings
from lantern.pulse import CAN_OBSERVE

PATIENCE = 2.0  # seconds of work or of waiting for one call; far more than a right answer needs
MOST_TEXT = 10_000  # characters that are told as they are
MOST_OF_A_LINE = 80  # characters of a line of code that are told
MOST_ITEMS = 10_000  # of a list or a dict, and no whole number of more bits, is told as it is

NO_PROCESSES = (
    " Where answers are graded, no process is started and no connection is opened, and what "
    "belongs to others is not changed."
)
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
# Modules of event loops, CPython's and the browser's; those of their functions that call all else.
OF_A_LOOP = ("asyncio.", "selectors", "heapq", "bridge.")
TURNS = {"run_forever", "_turn"}

# Whom an alarm calls: the last of them. Calls may overlap, and end in any order; what stands first
# was there before all of them.
_looks: list[Any] = []


class Stuck(BaseException):
    """The learner's code held the thread for so many seconds; no `except Exception` catches it."""

    def __init__(self, seconds: float = PATIENCE) -> None:
        super().__init__(seconds)
        self.seconds = seconds


@dataclass(frozen=True)
class Outcome:
    """How a call ended: `ended` is returned, raised, timed out, stuck, not async or exited.

    `value` is what it returned. `spent` is what the patience with one that timed out ended with.
    `where` is the last line of the learner's own code that an error came from.
    `seconds` is what a call that did not return was given.
    """

    ended: str
    value: Any = None
    error: str = ""
    where: str = ""
    seconds: float = PATIENCE
    spent: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Return plain data for a judge."""
        return {**vars(self), "value": plain(self.value)}


async def attempt(
    call: Callable[[], Any],
    seconds: float = PATIENCE,
    at_end: Callable[[], None] = lambda: None,
) -> Outcome:
    """Call and await the learner's function; return how it ended, never raise.

    It may compute, or wait, for so many seconds; see course.checking.patience.
    `at_end` is called in the very moment of its end, before any other task runs.
    A call that ignores its cancellation is left behind after some turns of the loop.
    """
    patience, surroundings = Patience(seconds, late=LATE), Surroundings()
    with unblocked(seconds) as put_off:
        task = asyncio.ensure_future(guarded(call, at_end))

        def is_over() -> bool:
            put_off()
            return task.done()

        while not await _done_in(task, patience.tick):
            put_off()
            if spent := patience.look(partial(surroundings.is_idle, seconds)):
                task.cancel()
                await until_idle(SOON, is_over)
                return Outcome("timed out", seconds=seconds, spent=spent)
        return task.result()


async def _done_in(task: asyncio.Task[Any], seconds: float) -> bool:
    over = tick(seconds)
    await asyncio.wait({task, over}, return_when=asyncio.FIRST_COMPLETED)
    over.cancel()
    return task.done()


async def guarded(call: Callable[[], Any], at_end: Callable[[], None] = lambda: None) -> Outcome:
    """Call and await the learner's function, however long it takes; return how it ended."""
    try:
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
def unblocked(seconds: float) -> Iterator[Callable[[], None]]:
    """Raise Stuck in code that holds the main thread for longer than this; see Patience.

    What it gives puts the end off: a loop that goes on calls it, so that only code that blocks
    the loop is hit. Needs POSIX signals; elsewhere, and in other threads, it does nothing:
    there the process that started the check ends it.
    """
    main = threading.current_thread() is threading.main_thread()
    if not main or not hasattr(signal, "setitimer"):
        yield lambda: None
        return
    patience = Patience(seconds)
    between = patience.tick

    def look(_signal: int, frame: FrameType | None) -> None:
        if is_between_tasks(frame):
            return
        if not CAN_OBSERVE or patience.look():
            # It comes again every second, since code may catch BaseException and go on.
            signal.setitimer(signal.ITIMER_REAL, 1.0, 1.0)
            raise Stuck(seconds)
        patience.tick = between

    def put_off() -> None:
        patience.begin_anew()
        # In a browser a wait that was interrupted does not go on: no looks, and one alarm. On a
        # busy machine each alarm makes a thread that sleeps wait for a processor, and whoever looks
        # on takes it for one that does: so the first comes late, for as many looks.
        patience.tick = seconds / 4 if CAN_OBSERVE else seconds
        signal.setitimer(signal.ITIMER_REAL, patience.tick, between)

    if not _looks:
        _looks.append(signal.getsignal(signal.SIGALRM))
    _looks.append(look)
    signal.signal(signal.SIGALRM, look)
    put_off()
    try:
        yield put_off
    finally:
        _looks.remove(look)
        if len(_looks) == 1:
            signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, _looks[-1])
        if len(_looks) == 1:
            _looks.clear()


def is_between_tasks(frame: FrameType | None) -> bool:
    """Tell whether a loop itself is at work: what is raised there ends it, and not the answer.

    Even if that is outlived, what the loop had in its hands is lost, and who waits for it waits
    for ever.
    """
    while frame and frame.f_globals.get("__name__", "").startswith(OF_A_LOOP):
        if frame.f_code.co_name in TURNS:
            return True
        frame = frame.f_back
    return False


def _failed(error: BaseException) -> Outcome:
    if isinstance(error, Stuck):
        return Outcome("stuck", seconds=error.seconds)
    if isinstance(error, BaseExceptionGroup) and (stuck := error.subgroup(Stuck)):
        return _failed(stuck.exceptions[0])
    if isinstance(error, SystemExit | KeyboardInterrupt):
        return Outcome("exited", error=repr(error))
    return Outcome("raised", error=describe(error), where=line_of_its_own(error))


def line_of_its_own(error: BaseException) -> str:
    """Return the last line of the learner's own code that an error came from: number and text.

    Cells run as __main__, in a notebook, in the terminal and in the browser. It is empty for an
    error that came from nowhere in them.
    """
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    frames = list(traceback.walk_tb(error.__traceback__))
    for frame, number in reversed(frames):
        if frame.f_globals.get("__name__") == "__main__":
            text = linecache.getline(frame.f_code.co_filename, number, frame.f_globals).strip()
            return f"line {number}, `{text[:MOST_OF_A_LINE]}`" if text else f"line {number}"
    return ""


def plain(value: Any) -> Any:
    """Return the value as JSON could hold it; what it can't hold becomes a few words.

    What an object says of itself is not asked: its class may be a number's or a text's, and equal
    to everything.
    """
    try:
        return _plain(value)
    except RecursionError:
        return f"<a {type(value).__name__} that is nested too deeply>"


def _plain(value: Any) -> Any:
    kind = type(value)
    if value is None or kind is bool:
        return value
    if issubclass(kind, str):
        text = str.__str__(value)
        return text if len(text) <= MOST_TEXT else f"<a text of {len(text)} characters>"
    if issubclass(kind, int):
        number = int.__index__(value)
        bits = number.bit_length()
        return number if bits <= MOST_ITEMS else f"<a whole number of {bits} bits>"
    if issubclass(kind, float):
        return float.__pos__(value)
    if base := next((base for base in (list, tuple, dict) if issubclass(kind, base)), None):
        if (count := base.__len__(value)) > MOST_ITEMS:
            return f"<a {kind.__name__} of {count} items>"
        if base is dict:
            return {str(key): _plain(item) for key, item in dict.items(value)}
        return [_plain(item) for item in base.__iter__(value)]
    if inspect.iscoroutine(value):
        value.close()
        return "<a coroutine that nobody awaited>"
    if isinstance(value, asyncio.Future):
        return "<a task in place of its result>"
    if isinstance(value, BaseException):
        return f"<the error {describe(value)}>"
    return f"<{kind.__name__}>"


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
            where = f" It came from {outcome['where']}." if outcome.get("where") else ""
            return f"{name} raised {told}{'' if told.endswith('?') else '.'}{cure}{where}"
        case "timed out":
            return f"{name} {_why_late(outcome['spent'], outcome['seconds'])}"
        case "stuck":
            return (
                f"{name} held the thread for {outcome['seconds']:.0f} s without a single await, so "
                "nothing else could run. Is there a loop that never ends, or a blocking call?"
            )
        case "not async":
            return (
                f"{name} returned a {outcome['value']} at once instead of something to await. "
                "Define it with `async def`."
            )
        case "not sync":
            return f"{name} returned a coroutine. Define it with plain `def`."
        case "exited" if "KeyboardInterrupt" in outcome["error"]:
            return f"{name} was interrupted, or raised KeyboardInterrupt by itself."
        case "exited":
            return f"{name} tried to end Python ({outcome['error']}). Return a value instead."
    return None


def _why_late(spent: str, seconds: float) -> str:
    if spent == WORKED:
        return (
            f"had not returned after {seconds:.0f} s of work. Is there a loop that never ends, "
            "with an await in it?"
        )
    cure = "an await on the wrong thing, or work that nobody started?"
    if spent == IDLE:
        return (
            "had not returned when nothing was left that could go on. It waits for something that "
            f"never comes: {cure}"
        )
    return (
        f"had not returned after {seconds:.0f} s. It waits for something that never comes: {cure} "
        "Or the machine is so busy that it comes too late: then check again."
    )
