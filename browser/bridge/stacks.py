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


_running = Stack()
_since = 0.0  # when it went on
# stacks.mjs and the function that stops a stack; neither outlives a worker as memory does.
_page: Any = None
_suspend: Callable[[], bool] | None = None


def connect(page: Any) -> None:
    """Use the stacks of this worker: once in each, before anything waits."""
    global _page, _suspend
    _page = page
    if not page.canWait:
        return
    from _stacks import suspend

    _suspend = suspend
    # A stack that SQLite stops goes on without passing here: the page asks before, tells after.
    page.remember(create_proxy(running), create_proxy(_put_back))


def page() -> Any:
    """Return stacks.mjs."""
    return _page


def running() -> Stack:
    """Return the stack that this code runs on."""
    return _running


def _stop() -> bool:
    global _running, _since
    mine = _running
    woken = _suspend()
    _running, _since = mine, time.perf_counter()
    return woken


def _put_back(stack: Stack) -> None:
    global _running
    _running = stack


class Place:
    """Where one stack at a time waits until it is woken."""

    def __init__(self) -> None:
        self._number = next(_numbers)

    def wait(self, seconds: float | None = None) -> bool:
        """Let other stacks run; return True when woken, False when the time is over.

        An alarm ends a wait of the main thread, as a signal does.

        Raises CannotWait in code that JavaScript called without a stack of its own.
        """
        if not can_wait():
            raise CannotWait
        _page.choose(self._number, seconds, running().thread == 0)
        woken = _stop()
        if not woken and _page.takeAlarm():
            signal.raise_signal(signal.SIGALRM)
        return woken

    def wake(self) -> bool:
        """Let the stack that waits here go on; return whether there was one."""
        return _page.wake(self._number)


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
        _put_back(Stack(thread))
        # A new stack comes with the loop of whoever ran before.
        asyncio._set_running_loop(loop)
        function()

    create_once_callable(begin, _may_syncify=True)()
