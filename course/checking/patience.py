"""How long a check waits for an answer: by the answer's work, not by the clock on the wall.

A machine that is busy gives an answer fewer turns, so turns are what is counted. One look at the
clocks in every tick tells which of three it is:

- it computes: its processor time counts;
- it waits: the look counts as a tick, and comes the later the busier the machine is;
- it waits for what cannot come: the loop has nothing ready and no timer that is due in time, and
  every thread waits for work. This needs no patience, only a few looks.
"""

import asyncio
import contextlib
import linecache
import sys
import threading
import time
from collections.abc import Callable
from types import CodeType, FrameType
from typing import Any
from weakref import WeakSet

from lantern.pulse import CAN_OBSERVE, is_queued

TICKS = 60  # looks into which the patience with an answer is cut
SOON = 0.5  # seconds; what is to come by the clock within them, a check waits for
IDLE_LOOKS = 4  # in a row, at which nothing could come
# Seconds of processor time: an answer that used no more since a look has waited. The look itself
# takes a fifth of this; in a browser, on a busy machine, nearly all.
BARELY = 0.001 if CAN_OBSERVE else 0.005

# The timers of attempts that look on: nothing comes of them.
_lookouts: WeakSet[asyncio.TimerHandle] = WeakSet()

WORKED, WAITED, IDLE = "worked", "waited", "idle"


class Patience:
    """The patience with one answer; `seconds` are of processor time, or of waiting in vain.

    `used` says how much processor time the answer has used, in seconds: this process's by default.
    """

    def __init__(
        self, seconds: float, tick: float = 0.0, used: Callable[[], float] = time.process_time
    ) -> None:
        self.seconds = seconds
        self.tick = tick or seconds / TICKS
        self.clock = used
        self.begin_anew()

    def begin_anew(self) -> None:
        """Forget what was spent: the answer came so far that its time begins again."""
        self.worked = self.waited = 0.0
        self.idle = 0
        self._used = self.clock()

    def look(self, idle: bool = False) -> str:
        """Look at the clocks, once in a tick; return what the patience ended with, or nothing."""
        used = self.clock()
        spent, self._used = used - self._used, used
        self.worked += spent
        self.waited += self.tick if spent < BARELY else 0.0
        # Whoever computed since the last look was not idle: its thread may not have seen the next
        # piece of work yet.
        self.idle = self.idle + 1 if idle and spent < BARELY else 0
        if self.idle >= IDLE_LOOKS:
            return IDLE
        if self.worked >= self.seconds:
            return WORKED
        return WAITED if self.waited >= self.seconds else ""


def processor_time_of(process: int) -> float:
    """Return the seconds of processor time that a child of this process has used by now."""
    if sys.platform == "linux":
        # The clock of another process; see clock_getcpuclockid(3). It needs no file.
        return time.clock_gettime((~process << 3) | 2)
    import psutil  # type: ignore[import-untyped]  # it has no stubs of its own

    with contextlib.suppress(psutil.Error):
        times = psutil.Process(process).cpu_times()
        return float(times.user + times.system)
    return 0.0


class Surroundings:
    """The running loop and the threads: they tell whether anything can still come."""

    def __init__(self) -> None:
        self.loop: Any = asyncio.get_running_loop()
        self.listens_to = self._listens_to()
        # What a notebook's kernel, for instance, has beside the loop; nothing of it is the answer.
        self.stand = {thread: _place(thread) for thread in threading.enumerate()}

    def is_idle(self, seconds: float) -> bool:
        """Tell whether nothing but the caller runs, and nothing is due in so many seconds.

        False for a loop that is not asyncio's own, since it does not say.
        """
        due = self.loop.time() + seconds
        asyncios_own = isinstance(self.loop, asyncio.BaseEventLoop)
        return (
            asyncios_own
            and not self.loop._ready
            and not any(
                timer.when() < due and not timer.cancelled() and timer not in _lookouts
                for timer in self.loop._scheduled
            )
            and self._listens_to() <= self.listens_to
            and self._others_rest()
        )

    def _others_rest(self) -> bool:
        # The loop of a browser knows: threads are its own affair there.
        if told := getattr(self.loop, "others_rest", None):
            return bool(told())
        return all(map(self._rests, threading.enumerate()))

    def _rests(self, thread: threading.Thread) -> bool:
        """Tell whether a thread waits for work, or stands where it stood before the answer."""
        place = _place(thread)
        stands = place is not None and self.stand.get(thread) == place
        return _waits_for_work(thread) or (stands and not is_queued(thread))

    def _listens_to(self) -> int:
        # The files of the loop; the loop of a browser has none.
        selector = getattr(self.loop, "_selector", None)
        return len(getattr(selector, "get_map", dict)())


def tick(seconds: float) -> asyncio.Future[None]:
    """Return a future that is done after so many seconds, for an attempt that looks on."""
    loop = asyncio.get_running_loop()
    future = loop.create_future()

    def end() -> None:
        if not future.done():
            future.set_result(None)

    timer = loop.call_later(seconds, end)
    future.add_done_callback(lambda _: timer.cancel())
    _lookouts.add(timer)
    return future


async def until_idle(seconds: float, enough: Callable[[], bool] = lambda: False) -> None:
    """Wait until nothing can go on before so many seconds, or until it is enough.

    Who computes, or waits, for longer than so many seconds is waited for no more.
    """
    patience, surroundings = Patience(seconds, tick=0.005), Surroundings()
    # No event tells that nothing comes.
    while not enough() and not patience.look(surroundings.is_idle(seconds)):  # noqa: ASYNC110
        await asyncio.sleep(patience.tick)


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
