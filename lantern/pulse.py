"""Measure how long the event loop could not answer, and how much of that was the program's doing.

A task asks to be woken every few milliseconds; when it comes late, either the program held the
loop, or the machine was busy with something else. An observer tells which: a thread that does
nothing but wake as often as the task, and note the processor time that the rest of the program
has used. A gap of the task counts as a freeze for as long as

- the program computed: that is the processor time it used in the gap, on the loop's thread, or
  on another one that would not let go of the interpreter; and
- the loop's thread stood still while the observer came and went. A thread that is ready to run has
  the same claim to a processor as the observer has, and gets its turn before the observer has had
  PATIENT_TURNS more. One that had none was waiting, in a `time.sleep` or for a lock. Linux also
  says which threads are ready to run, since two processors may share out their turns unequally;
  while any of the program's is, the loop's may be waiting for that one, as `Thread.start` does.

What is left of the gap, the program spent in the queue for a processor.

The bounds: a freeze of fewer than PATIENT_TURNS turns that computes nothing is not seen. Nor is a
call in C that neither computes nor lets go of the interpreter: no thread can look on. A loop
that waits while other threads compute counts their computing in place of its wait. And a browser
has one thread, so nobody looks on. There the loop says how long it had nothing to run, and the
rest of a gap is a freeze; one that cannot say it is frozen in every gap.
"""

import asyncio
import contextlib
import itertools
import os
import sys
import threading
import time
from collections import deque
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

CAN_OBSERVE = sys.platform != "emscripten"
# Turns of the observer in which a thread that is ready to run has had its own: fewer where the
# system says that it is not ready, and only another thread of the program can be in its way.
PATIENT_TURNS = 3 if sys.platform == "linux" else 8
NO_WORK = 0.0005  # seconds of processor time; what comes and goes in less did not hold the loop


class Look(NamedTuple):
    """What the clocks said: the moment, and the processor time the program had used, in seconds.

    `queued`: a thread of the program was ready to run, and waited for a processor.
    """

    moment: float
    used: float
    queued: bool = False


@dataclass(frozen=True)
class Gap:
    """The loop did not answer from `start` to `end`, and was frozen for so many seconds of it.

    Moments are of time.perf_counter. For the rest of the gap the machine was busy.
    """

    start: float
    end: float
    frozen: float


def frozen_seconds(looks: Sequence[Look]) -> float:
    """Return for how long the program kept the loop from answering, from first to last look."""
    still = 0.0
    steps = itertools.groupby(itertools.pairwise(looks), key=lambda step: _stood_still(*step))
    for stood, run in steps:
        seconds = [after.moment - before.moment for before, after in run]
        if stood and len(seconds) >= PATIENT_TURNS:
            still += sum(seconds)
    first, last = looks[0], looks[-1]
    return min(last.moment - first.moment, last.used - first.used + still)


def _stood_still(before: Look, after: Look) -> bool:
    return after.used - before.used < NO_WORK and not after.queued


class _Observer:
    """Looks at the clocks every `interval` seconds, in a thread of its own."""

    def __init__(self, interval: float) -> None:
        self.interval = interval
        self.looks: deque[Look] = deque()
        self._used_itself = 0.0
        self._over = threading.Event()

    def look(self, queued: bool = False) -> Look:
        """Look at the clocks; processor time is that of everything but the observer."""
        now = time.perf_counter()
        if CAN_OBSERVE:
            return Look(now, time.process_time() - self._used_itself, queued)
        return Look(now, now - getattr(asyncio.get_running_loop(), "waited", 0.0))

    def since(self) -> Iterator[Look]:
        """Yield what the thread saw since the last time."""
        while self.looks:
            yield self.looks.popleft()

    def _look_on(self) -> None:
        while not self._over.wait(self.interval):
            queued = others_queue()
            self._used_itself = time.thread_time()
            self.looks.append(self.look(queued))

    @contextlib.contextmanager
    def at_work(self) -> Iterator[None]:
        """Look on while the block runs."""
        if not CAN_OBSERVE:
            yield
            return
        thread = threading.Thread(target=self._look_on, name="observer", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._over.set()
            thread.join()


def is_queued(thread: threading.Thread) -> bool:
    """Tell whether a thread waits for a processor; False where the system does not say."""
    return _is_ready(getattr(thread, "native_id", None))


def others_queue() -> bool:
    """Tell whether any thread but this one waits for a processor, also one that is starting."""
    try:
        numbers = {*map(int, os.listdir("/proc/self/task"))}
    except OSError:
        return False
    return any(map(_is_ready, numbers - {threading.get_native_id()}))


def _is_ready(number: int | None) -> bool:
    try:
        with open(f"/proc/self/task/{number}/stat", "rb") as file:
            # After the thread's name, in brackets; see proc_pid_stat(5).
            return file.read().rpartition(b") ")[2].startswith(b"R")
    except OSError:
        return False


@dataclass
class Heartbeat:
    """The gaps between beats that were longer than the interval asked for, less this interval."""

    interval: float
    gaps: list[Gap] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.observer = _Observer(self.interval)
        self.last = self.observer.look()

    def beat(self) -> None:
        """Note the time since the last beat that was longer than the interval asked for."""
        now = self.observer.look()
        looks = [self.last, *self.observer.since(), now]
        start, end = self.last.moment + self.interval, now.moment
        self.last = now
        if end > start:
            self.gaps.append(Gap(start, end, min(frozen_seconds(looks), end - start)))

    @property
    def longest_freeze(self) -> float:
        """The longest time, in seconds, for which the program kept the loop from answering."""
        return max((gap.frozen for gap in self.gaps), default=0.0)


@contextlib.asynccontextmanager
async def heartbeat(interval: float = 0.005) -> AsyncIterator[Heartbeat]:
    """Beat every `interval` seconds while the body runs, and note each beat that came late."""
    pulse = Heartbeat(interval)

    async def beat_on() -> None:
        while True:
            await asyncio.sleep(interval)
            pulse.beat()

    task = asyncio.create_task(beat_on(), name="heartbeat")
    await asyncio.sleep(0)
    with pulse.observer.at_work():
        pulse.last = pulse.observer.look()
        try:
            yield pulse
        finally:
            # A body that ends without awaiting has frozen the loop up to this very moment.
            pulse.beat()
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
