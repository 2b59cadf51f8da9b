"""Threads: what the module `_thread` offers, on stacks instead of threads of the system.

The standard library's threading, queue and concurrent.futures stand on `_thread` and run
unchanged, and so do the libraries that start threads. One difference remains: a thread goes on
until it waits, whatever it waits for; nothing interrupts it in between.
"""

import _thread
import importlib
import itertools
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

from bridge.stacks import Place, launch, running

MAIN = _thread.get_ident()

_idents = itertools.count(MAIN + 1)


def get_ident() -> int:
    """Return the number of the thread that runs."""
    return running().thread or MAIN


def sleep(seconds: float) -> None:
    """Hold up this thread alone: in the thread of an event loop, that loop."""
    if seconds < 0:
        raise ValueError("sleep length must be non-negative")
    Place().hold_up(seconds)


class Lock:
    """A lock that goes to whoever has waited longest."""

    def __init__(self) -> None:
        self._locked = False
        self._line: deque[Place] = deque()

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        """Take the lock; return whether it was free, or became free in time."""
        if not blocking and timeout != -1:
            raise ValueError("can't specify a timeout for a non-blocking call")
        if timeout < 0 and timeout != -1:
            raise ValueError("timeout value must be a non-negative number")
        if not self._locked:
            self._locked = True
            return True
        if not blocking:
            return False
        place = Place()
        self._line.append(place)
        try:
            return place.hold_up(None if timeout == -1 else timeout)
        finally:
            self._line.remove(place)

    def release(self) -> None:
        """Hand the lock to the next in line, or leave it free."""
        if not self._locked:
            raise RuntimeError("release unlocked lock")
        # Nobody wakes one whose time is over, or who has been woken and has yet to leave.
        self._locked = any(place.wake() for place in self._line)

    def locked(self) -> bool:
        """Tell whether somebody has the lock."""
        return self._locked

    def _at_fork_reinit(self) -> None:
        self.__init__()

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(self, *error: object) -> None:
        self.release()


class ThreadHandle:
    """What threading.Thread keeps to join a thread by."""

    def __init__(self, ident: int = 0) -> None:
        self.ident = ident
        self._alive = Lock()
        self._alive.acquire()

    def is_done(self) -> bool:
        """Tell whether the thread has ended."""
        return not self._alive.locked()

    def join(self, timeout: float | None = None) -> None:
        """Wait for the end of the thread, or for so many seconds."""
        if self._alive.acquire(timeout=-1 if timeout is None else timeout):
            self._alive.release()

    def _set_done(self) -> None:
        if self._alive.locked():
            self._alive.release()


def start_joinable_thread(
    function: Callable[[], object], *, handle: ThreadHandle | None = None, daemon: bool = True
) -> ThreadHandle:
    """Run a function in a thread of its own; its stack begins when this one waits."""
    handle = handle or ThreadHandle()
    handle.ident = next(_idents)
    launch(lambda: _run(function, handle), handle.ident)
    return handle


def start_new_thread(
    function: Callable[..., object], args: tuple, kwargs: Mapping[str, Any] | None = None
) -> int:
    """Run a function in a thread of its own; return the thread's number."""
    return start_joinable_thread(lambda: function(*args, **(kwargs or {}))).ident


def _run(function: Callable[[], object], handle: ThreadHandle) -> None:
    try:
        function()
    except SystemExit:
        pass
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        handle._set_done()


def install() -> None:
    """Let `_thread`, and all that stands on it, use these threads and locks."""
    _thread.get_ident = get_ident
    _thread.allocate_lock = _thread.allocate = _thread.lock = _thread.LockType = Lock
    _thread.start_new_thread = _thread.start_new = start_new_thread
    _thread.start_joinable_thread = start_joinable_thread
    _thread._ThreadHandle = _thread._make_thread_handle = ThreadHandle
    # These two are in C and know nothing of our threads; threading has both in Python.
    _thread.RLock = threading._PyRLock
    del _thread._local
    importlib.reload(threading)
    _thread.RLock = threading._PyRLock
    # Its queue is in C as well; without it the module queue uses its own.
    sys.modules["_queue"] = None
    time.sleep = sleep
