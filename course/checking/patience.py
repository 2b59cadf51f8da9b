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
import sys
import time
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from lantern.idle import Surroundings, lookouts
from lantern.pulse import CAN_OBSERVE

TICKS = 60  # looks into which the patience with an answer is cut
SOON = 0.5  # seconds; what is to come by the clock within them, a check waits for
MOST_OF_AN_END = 4.0  # seconds of work, or of waiting, in which tasks may come to their end
IDLE_LOOKS = 4  # in a row, at which nothing could come
# Of a look that comes late: a thread that has work may sleep then, for the interpreter or memory.
LATE = 0.25
# How often its seconds an answer may compute. What a browser gives as processor time is the wall's
# while Python runs: on a busy machine it passes without the answer's doing.
WORK_ALLOWED = 1.0 if CAN_OBSERVE else 4.0
# Seconds of processor time: an answer that used no more since a look has waited. To be woken for
# the look takes a fifth of this; in a browser, on a busy machine, nearly all.
BARELY = 0.001 if CAN_OBSERVE else 0.005

WORKED, WAITED, IDLE = "worked", "waited", "idle"

# Seconds of processor time, of all looks in this process. What is replaced in this module or its
# classes while an answer is checked is a theft; what is in a list is not looked at.
_looking = [0.0]


class Patience:
    """The patience with one answer; `seconds` are of processor time, or of waiting in vain.

    `used` says how much processor time the answer has used, in seconds: by default all that this
    process has, without what looking cost. That grows with the threads, and is not the answer's.
    `late` is how much a look counts that comes late, where nothing seems to be able to come.
    """

    def __init__(
        self,
        seconds: float,
        tick: float = 0.0,
        used: Callable[[], float] | None = None,
        late: float = 1.0,
    ) -> None:
        self.seconds = seconds
        self.late = late
        self.tick = tick or seconds / TICKS
        self.clock = used or (lambda: time.process_time() - _looking[0])
        self.begin_anew()

    def begin_anew(self) -> None:
        """Forget what was spent: the answer came so far that its time begins again."""
        self.worked = self.waited = self.idle = 0.0
        self._used = self.clock()
        self._looked = time.perf_counter()

    def look(self, is_idle: Callable[[], bool] = lambda: False) -> str:
        """Look at the clocks, once in a tick; return what the patience ended with, or nothing."""
        began = time.process_time()
        idle = is_idle()
        _looking[0] += time.process_time() - began
        used, now = self.clock(), time.perf_counter()
        spent, self._used = used - self._used, used
        looks = self.late if now - self._looked > 2 * self.tick else 1.0
        self._looked = now
        self.worked += spent
        self.waited += self.tick if spent < BARELY else 0.0
        # Whoever computed since the last look was not idle: its thread may not have seen the next
        # piece of work yet.
        self.idle = self.idle + looks if idle and spent < BARELY else 0.0
        if self.idle >= IDLE_LOOKS:
            return IDLE
        if self.worked >= WORK_ALLOWED * self.seconds:
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


def tick(seconds: float) -> asyncio.Future[None]:
    """Return a future that is done after so many seconds, for an attempt that looks on."""
    loop = asyncio.get_running_loop()
    future = loop.create_future()

    def end() -> None:
        if not future.done():
            future.set_result(None)

    timer = loop.call_later(seconds, end)
    future.add_done_callback(lambda _: timer.cancel())
    lookouts.add(timer)
    return future


async def until_idle(
    seconds: float,
    enough: Callable[[], bool] = lambda: False,
    event: asyncio.Future[None] | None = None,
    unseen: bool = False,
) -> None:
    """Wait until nothing can go on before so many seconds, or until it is enough.

    Whether it is enough is asked at every look, and as soon as an event has come. Where work is
    `unseen`, as that of a server is, nothing is known to be idle.

    Who computes, or waits, for longer than so many seconds is waited for no more. On a busy machine
    each look comes late, so there are hardly more of them than of any patience: within an attempt,
    which has longer, this wait ends first.
    """
    patience, surroundings = Patience(seconds, tick=0.005), Surroundings()

    def is_idle() -> bool:
        return not unseen and surroundings.is_idle(seconds)

    # No event tells that nothing comes.
    while not enough() and not patience.look(is_idle):
        if event and not event.done():
            await asyncio.wait({event}, timeout=patience.tick)
        else:
            await asyncio.sleep(patience.tick)
        patience.tick = min(1.1 * patience.tick, max(0.005, seconds / TICKS))


async def until_done(tasks: Iterable[asyncio.Future[Any]]) -> None:
    """Wait until tasks have ended, most of which were cancelled, or nothing can go on.

    It only looks on: who waits until idle meanwhile, and lets them go on then, is waited for.
    Afterwards Python complains of none of them that has ended.
    """
    tasks = list(tasks)
    patience, surroundings = Patience(MOST_OF_AN_END, late=LATE), Surroundings()
    while not all(task.done() for task in tasks):
        if patience.look(partial(surroundings.is_idle, SOON)):
            break
        await tick(patience.tick)
    for task in tasks:
        if task.done() and not task.cancelled():
            task.exception()
