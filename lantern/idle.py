"""Whether anything can still come on a running loop: of its own, from its timers, from threads."""

import asyncio
import linecache
import sys
import threading
from collections.abc import Set
from types import CodeType, FrameType
from typing import Any
from weakref import WeakSet

from lantern.pulse import is_queued

# The timers of those who only look on: nothing comes of them.
lookouts: WeakSet[asyncio.TimerHandle] = WeakSet()


class Surroundings:
    """The running loop and the threads: they tell whether anything can still come."""

    def __init__(self) -> None:
        self.loop: Any = asyncio.get_running_loop()
        self.listens_to = self._listens_to()
        # What a notebook's kernel, for instance, has beside the loop; nothing of it is the answer.
        self.stand = {thread: _place(thread) for thread in threading.enumerate()}

    def is_idle(self, seconds: float, apart: Set[int] = frozenset()) -> bool:
        """Tell whether nothing but the caller runs, and nothing is due in so many seconds.

        `apart` are sockets from which nothing is to come, by their numbers. False for a loop that
        is not asyncio's own, since it does not say.
        """
        due = self.loop.time() + seconds
        asyncios_own = isinstance(self.loop, asyncio.BaseEventLoop)
        return (
            asyncios_own
            and not self.loop._ready
            and not any(
                timer.when() < due and not timer.cancelled() and not _is_lookout(timer)
                for timer in self.loop._scheduled
            )
            and self.others_rest(apart)
            # A thread hands over what it has done, and rests.
            and not self.loop._ready
        )

    def others_rest(self, apart: Set[int] = frozenset()) -> bool:
        """Tell whether no thread works for the loop, and no socket but `apart` has come to it."""
        if not self._listens_to() <= self.listens_to | apart:
            return False
        # The loop of a browser knows: threads are its own affair there.
        if told := getattr(self.loop, "others_rest", None):
            return bool(told())
        return all(map(self._rests, threading.enumerate()))

    def _rests(self, thread: threading.Thread) -> bool:
        """Tell whether a thread waits for work, or stands where it stood before the answer."""
        place = _place(thread)
        stands = place is not None and self.stand.get(thread) == place
        return _waits_for_work(thread) or (stands and not is_queued(thread))

    def _listens_to(self) -> Set[int]:
        # The files of the loop; the loop of a browser has none.
        selector = getattr(self.loop, "_selector", None)
        return set(getattr(selector, "get_map", dict)())


def _is_lookout(timer: Any) -> bool:
    # What psycopg waits for comes by its socket; ten times a second it looks for interruptions.
    return timer in lookouts or getattr(timer._callback, "__module__", "") == "psycopg.waiting"


def _place(thread: threading.Thread) -> tuple[CodeType, int] | None:
    """Return the code that a thread is in, and how far it has come; None before and after."""
    frame = sys._current_frames().get(thread.ident or 0)
    return (frame.f_code, frame.f_lasti) if frame else None


def _waits_for_work(thread: threading.Thread) -> bool:
    """Tell whether a thread waits at a queue, without a timeout; the caller's own thread does."""
    if thread is threading.current_thread():
        return True
    frame: FrameType | None = sys._current_frames().get(thread.ident or 0)
    while frame is not None and frame.f_globals.get("__name__") in ("queue", "threading"):
        frame = frame.f_back
    if frame is None or is_queued(thread):
        return False
    line = linecache.getline(frame.f_code.co_filename, frame.f_lineno)
    return ".get(" in line and "timeout" not in line
