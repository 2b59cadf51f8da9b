"""Freezes: which line kept the loop from anything else, seen by a thread while it does.

The loop runs one callback after another. One that takes long is looked at every few milliseconds.
It counts as frozen for the processor time that its own thread used, less that of the garbage
collector; or, if that is longer, for as long as it stood at one instruction: in full where the
program had nothing to do, and else for no longer than the program computed, since the rest is the
wait for a processor of a busy machine. See lantern.pulse.
"""

import asyncio
import contextlib
import gc
import itertools
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

from lantern.events import replaced
from lantern.plugin import places
from lantern.plugin.findings import FROZEN, Place
from lantern.plugin.places import is_theirs, place
from lantern.plugin.requests import Request, current_in
from lantern.plugin.run import INTERVAL, Run, Watcher
from lantern.pulse import CAN_OBSERVE, NO_WORK, PATIENT_TURNS, others_queue

LIMIT = 0.05  # seconds
AGE = 0.002  # seconds for which a thread's clock is not read again: to read it is half the cost
MOST_LOOKS = 4000  # at one callback: 20 seconds tell what an hour in a debugger would
# What is done once, at the first request, query or template, and no more: functions by name, and
# the module of one whose name may well be that of a project's own, which does it each time.
ONCE = dict.fromkeys(
    ("_find_and_load", "_configure_registries", "_check_configure", "openapi", "model_rebuild"), ""
) | {"_load_template": "jinja2.environment"}


@dataclass(frozen=True)
class Look:
    """Where the callback was, and what the clocks said; `queued` as in lantern.pulse."""

    moment: float
    used: float
    queued: bool
    at: tuple[int, int]
    place: Place | None
    inside: str
    is_once: bool


# One callback of a loop, while it runs: its context, and the clocks as it began. Nearly all are
# over before anybody looks, so no more is made of them.
Callback = tuple[Any, float, float]


@dataclass
class Turn:
    """A callback that was looked at."""

    callback: Callback
    request: Request | None = None
    looks: list[Look] = field(default_factory=list)

    @property
    def context(self) -> Any:
        """The context in which it runs."""
        return self.callback[0]

    @property
    def began(self) -> float:
        """The moment in which it began."""
        return self.callback[1]


class Freezes(Watcher):
    """Looks on while the loops of this process run."""

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        self._running: dict[int, Callback | None] = {}  # by thread
        self._turns: dict[int, Turn] = {}  # by the number of the callback, which each keeps
        self._suspects: set[str] = set()
        self._collection = 0.0
        # By thread: when the callback began in which garbage was looked for, and for how long.
        self._collected: dict[int, tuple[float, float]] = {}

    @contextlib.contextmanager
    def at_work(self) -> Iterator[None]:
        """Follow each callback of asyncio's own loops."""
        if not CAN_OBSERVE:
            yield
            return
        handle_class: Any = asyncio.Handle
        call = handle_class._run
        running, turns = self._running, self._turns
        this_thread, clock, thread_clock = threading.get_ident, time.perf_counter, time.thread_time
        last = (0, 0.0, 0.0)  # the thread, and what its clocks said

        def run(handle: Any) -> Any:
            nonlocal last
            me, now = this_thread(), clock()
            read = last
            if read[0] != me or now - read[1] > AGE:
                last = read = (me, now, thread_clock())
            outer = running.get(me)
            # Since it was read the thread has used no more than what has passed.
            running[me] = callback = (handle._context, now, read[2] + now - read[1])
            try:
                return call(handle)
            finally:
                running[me] = outer
                if turns and (turn := turns.pop(id(callback), None)):
                    self._judge(turn, clock(), thread_clock())

        with replaced(handle_class, "_run", run):
            gc.callbacks.append(self._collects)
            try:
                yield
            finally:
                gc.callbacks.remove(self._collects)

    def _collects(self, phase: str, told: dict[str, int]) -> None:
        # The youngest are looked through in no time, and all the time.
        if told["generation"] == 0 or not (callback := self._running.get(threading.get_ident())):
            return
        if phase == "start":
            self._collection = time.thread_time()
        else:
            seconds = time.thread_time() - self._collection + self._collecting(callback)
            self._collected[threading.get_ident()] = (callback[1], seconds)

    def _collecting(self, callback: Callback) -> float:
        """Return the seconds in which garbage was looked for in a callback of this thread."""
        began, seconds = self._collected.get(threading.get_ident(), (0.0, 0.0))
        return seconds if began == callback[1] else 0.0

    def look(self) -> None:
        now = time.perf_counter()
        for ident, callback in [*self._running.items()]:
            if callback is None or now - callback[1] <= 2 * INTERVAL:
                continue
            turn = self._turns.get(id(callback)) or Turn(callback)
            if len(turn.looks) < MOST_LOOKS and self.concerns(turn) and self._look(ident, turn):
                self._turns[id(callback)] = turn
                if self._running.get(ident) is not callback:  # it ended meanwhile
                    self._turns.pop(id(callback), None)

    def concerns(self, turn: Turn) -> bool:
        """Tell whether a callback is to be looked at: one that works for a request."""
        turn.request = current_in(turn.context) or turn.request
        return turn.request is not None

    def under_way(self) -> Iterator[tuple[Turn, Place | None, str]]:
        """Yield each callback that runs and was looked at, with where it is now."""
        for ident, callback in [*self._running.items()]:
            turn = self._turns.get(id(callback))
            if turn and (stack := _stack(sys._current_frames().get(ident))):
                yield turn, place(iter(stack)), _told(stack)

    def _look(self, ident: int, turn: Turn) -> bool:
        """Look where a thread is; False where it has left the callback."""
        stack = _stack(sys._current_frames().get(ident))
        if not stack:
            return False
        turn.looks.append(
            Look(
                time.perf_counter(),
                time.process_time() - time.thread_time(),
                others_queue(),
                (id(stack[0]), stack[0].f_lasti),
                place(iter(stack)),
                _told(stack),
                any(_is_once(frame) for frame in stack),
            )
        )
        return True

    def _judge(self, turn: Turn, now: float, used: float) -> None:
        request, looks = turn.request, [look for look in turn.looks if not look.is_once]
        if now - turn.began < LIMIT or not looks:
            return
        route = request.route if request else ""
        computed = used - turn.callback[2] - self._collecting(turn.callback)
        # Its own computing counts in both, where it goes on at one instruction.
        frozen = max(computed, _waited(turn.looks)) * len(looks) / len(turn.looks)
        if frozen < LIMIT:
            return
        counted = Counter((look.place, look.inside) for look in looks)
        (where, inside), _ = counted.most_common(1)[0]
        # What no line of the project does may be done once, for what comes first.
        if where is None and route not in self._suspects:
            self._suspects.add(route)
            return
        self.run.found(
            FROZEN,
            "kept the loop from everything else for more than 50 ms",
            where or (request.endpoint if request else None),
            f"{frozen * 1000:.0f} ms, {computed * 1000:.0f} ms of it computing"
            + (f"; seen in {inside}" if inside else ""),
            request=request,
        )


def _is_once(frame: FrameType) -> bool:
    module = ONCE.get(frame.f_code.co_name)
    return module is not None and module in ("", frame.f_globals.get("__name__"))


def _waited(looks: list[Look]) -> float:
    """Return for how long the callback waited at one instruction, by its own doing."""
    seconds = 0.0
    for at, run in itertools.groupby(itertools.pairwise(looks), lambda pair: pair[0].at):
        still = [(before, after) for before, after in run if after.at == at]
        if len(still) >= PATIENT_TURNS:
            for before, after in still:
                passed, used = after.moment - before.moment, after.used - before.used
                is_idle = used < NO_WORK and not after.queued
                seconds += passed if is_idle else min(passed, used)
    return seconds


def _stack(frame: FrameType | None) -> list[FrameType]:
    """Return the frames of a callback, innermost first, up to the app's."""
    stack: list[FrameType] = []
    while frame is not None and frame.f_code is not places.boundary:
        if frame.f_code.co_filename == __file__:
            return stack
        stack.append(frame)
        frame = frame.f_back
    return stack


def _told(stack: list[FrameType]) -> str:
    """Name the library's function that was called by the project's line, if there is one."""
    called = ""
    for frame in stack:
        if is_theirs(frame.f_code.co_filename):
            return called
        called = f"{frame.f_globals.get('__name__', '')}.{frame.f_code.co_name}"
    return f"{stack[0].f_globals.get('__name__', '')}.{stack[0].f_code.co_name}"
