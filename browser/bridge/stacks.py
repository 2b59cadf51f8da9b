"""Stacks: Python code that stops in the middle and goes on later, each on a stack of its own.

A browser gives Python one thread. JavaScript Promise Integration lets one call into Python wait
for a promise while others run: that is all a thread or a greenlet needs here.
"""

import asyncio
import itertools
import signal
import time
from collections.abc import Callable
from typing import Any

from pyodide.ffi import can_run_sync, create_once_callable, create_proxy

# Seconds for which a stack goes on while others could: CPython's threads take turns at this pace.
SWITCH_INTERVAL = 0.005

_numbers = itertools.count()


class CannotWait(RuntimeError):
    """Code wanted to wait on a stack that cannot stop: JavaScript is waiting for it."""

    def __init__(self) -> None:
        super().__init__(
            "This has to wait, and Python cannot stop here and go on later: "
            "read “In your own browser” in this book."
        )


class Stack:
    """One stack, with the thread that it is part of and the greenlet that runs on it."""

    def __init__(self, thread: int = 0) -> None:
        self.thread = thread
        self.greenlet: Any = None
        self.needs_others = False  # it waits, and no clock wakes it


_running = Stack()
_since = time.perf_counter()  # when it went on
_worked = 0.0  # seconds for which stacks ran before that
_left: dict[int, "Stack"] = {}  # what each thread that has stopped goes on with
_held: "Place | None" = None  # where all of the main thread is held up
_interrupted = False  # whether that is to end
# stacks.mjs and the function that stops a stack; neither outlives a worker as memory does.
_page: Any = None
_suspend: Callable[[], bool] | None = None


def connect(page: Any) -> None:
    """Use the stacks of this worker: once in each, before anything waits."""
    global _page, _suspend
    _page = page
    go_on(_running)  # each worker's clock begins anew
    if not page.canWait:
        return
    from _stacks import suspend

    _suspend = suspend
    # A stack that SQLite stops goes on without passing here: the page asks before, tells after.
    page.remember(create_proxy(leave), create_proxy(go_on))


def page() -> Any:
    """Return stacks.mjs."""
    return _page


def running() -> Stack:
    """Return the stack that this code runs on."""
    return _running


def process_time() -> float:
    """Be time.process_time: the seconds for which any stack has run, without their waits."""
    return _worked + time.perf_counter() - _since


def can_go_on_alone(thread: int) -> bool:
    """Tell whether a thread needs no other to wake it: it runs, or waits until some time."""
    stack = _left.get(thread)
    return stack is None or not stack.needs_others


def leave() -> Stack:
    """Return the stack that this code runs on: from here on it does not run, and may go on."""
    _left[_running.thread] = _running
    end()
    return _running


def end() -> None:
    """Be done with the stack that this code runs on."""
    global _worked
    _worked = process_time()


def go_on(stack: Stack) -> None:
    """Let a stack be the one that runs, from here on."""
    global _running, _since
    _running, _since = stack, time.perf_counter()
    _left.pop(stack.thread, None)
    stack.needs_others = False


def _stop() -> bool:
    mine = leave()
    woken = _suspend()
    go_on(mine)
    return woken


class Place:
    """Where one stack at a time waits until it is woken."""

    def __init__(self) -> None:
        self._number = next(_numbers)
        self._waiting: Stack | None = None

    def wait(self, seconds: float | None = None) -> bool:
        """Let other stacks run; return True when woken, False when the time is over.

        An alarm ends a wait of the main thread, as a signal does.

        Raises CannotWait in code that JavaScript called without a stack of its own.
        """
        if not can_wait():
            raise CannotWait
        _page.choose(self._number, seconds, running().thread == 0)
        self._waiting = _running
        _running.needs_others = seconds is None
        woken = _stop()
        if not woken and _page.takeAlarm():
            signal.raise_signal(signal.SIGALRM)
        return woken

    def hold_up(self, seconds: float | None = None) -> bool:
        """Wait, and let nothing else of this thread run meanwhile.

        In the main thread `interrupt` ends that with a KeyboardInterrupt.
        """
        global _held, _interrupted
        if running().thread:
            return self.wait(seconds)
        _held = self
        try:
            woken = self.wait(seconds)
        finally:
            _held, interrupted, _interrupted = None, _interrupted, False
        if interrupted:
            signal.raise_signal(signal.SIGINT)  # whoever handles it may have more to do
            raise KeyboardInterrupt
        return woken

    def wake(self) -> bool:
        """Let the stack that waits here go on; return whether there was one."""
        woken = _page.wake(self._number)
        if woken and self._waiting:
            self._waiting.needs_others = False  # it goes on as soon as it has its turn
        return woken


def interrupt() -> None:
    """Let the main thread go on with a KeyboardInterrupt, if something holds it up."""
    global _interrupted
    _interrupted = _held is not None and _held.wake()


def can_wait() -> bool:
    """Tell whether this code has a stack of its own, so that it can wait."""
    return can_run_sync()


def turn_is_over() -> bool:
    """Tell whether this stack has run so long that others should have a turn."""
    return time.perf_counter() - _since > SWITCH_INTERVAL


def give_way() -> None:
    """Let every stack that was woken go on first."""
    _page.chooseOthers()
    _stop()


def launch(
    function: Callable[[], None], thread: int, loop: asyncio.AbstractEventLoop | None = None
) -> None:
    """Run a function soon, on a stack of its own that is part of a thread; it must not raise."""

    def begin() -> None:
        go_on(Stack(thread))
        # A new stack comes with the loop of whoever ran before.
        asyncio._set_running_loop(loop)
        function()
        end()

    create_once_callable(begin, _may_syncify=True)()
