"""Freezes: which line kept the loop from anything else, seen by a thread while it does.

The loop runs one callback after another. One that takes long is looked at every few milliseconds:
where it is, and whether it waits, computes, or is itself kept waiting by a busy machine. It counts
as frozen for the processor time that its own thread used, and for as long as it stood still while
the program computed nothing; see lantern.pulse.
"""

import asyncio
import contextlib
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
from lantern.plugin.findings import FROZEN, Place
from lantern.plugin.places import BOUNDARY, is_theirs, place
from lantern.plugin.requests import Request, current_in
from lantern.plugin.run import Run, Watcher
from lantern.pulse import CAN_OBSERVE, NO_WORK, is_queued

LIMIT = 0.05  # seconds
INTERVAL = 0.005
# What is done once, at the first request or the first query, and no more.
ONCE = {"_find_and_load", "_configure_registries", "_check_configure", "openapi", "model_rebuild"}


@dataclass
class Look:
    """Where the callback was, and what the clocks said."""

    moment: float
    used: float
    place: Place | None
    inside: str
    is_once: bool
    is_ready: bool


@dataclass
class Turn:
    """One callback of a loop, while it runs."""

    thread: threading.Thread
    context: Any
    began: float
    used: float
    request: Request | None = None
    looks: list[Look] = field(default_factory=list)


class Freezes(Watcher):
    """Looks on while the loops of this process run."""

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        self._turns: dict[int, Turn] = {}
        self._over = threading.Event()

    @contextlib.contextmanager
    def at_work(self) -> Iterator[None]:
        """Follow each callback of asyncio's own loops."""
        if not CAN_OBSERVE:
            yield
            return
        handle_class: Any = asyncio.Handle
        call = handle_class._run
        turns, clock, thread_clock = self._turns, time.perf_counter, time.thread_time

        def run(handle: Any) -> Any:
            me = threading.get_ident()
            outer = turns.get(me)
            turn = turns[me] = Turn(
                threading.current_thread(), handle._context, clock(), thread_clock()
            )
            try:
                return call(handle)
            finally:
                if turn.looks:
                    self._judge(turn, clock(), thread_clock())
                if outer is None:
                    del turns[me]
                else:
                    turns[me] = outer

        thread = threading.Thread(target=self._look_on, name="lantern looks on", daemon=True)
        with replaced(handle_class, "_run", run):
            thread.start()
            try:
                yield
            finally:
                self._over.set()
                thread.join()

    def _look_on(self) -> None:
        while not self._over.wait(INTERVAL):
            now = time.perf_counter()
            for ident, turn in [*self._turns.items()]:
                if now - turn.began > 2 * INTERVAL and (request := current_in(turn.context)):
                    turn.request = request
                    self._look(ident, turn)

    def _look(self, ident: int, turn: Turn) -> None:
        stack = _stack(sys._current_frames().get(ident))
        if not stack:
            return
        is_ready = is_queued(turn.thread)
        turn.looks.append(
            Look(
                time.perf_counter(),
                time.process_time() - time.thread_time(),
                place(iter(stack)),
                _told(stack),
                any(frame.f_code.co_name in ONCE for frame in stack),
                is_ready,
            )
        )

    def _judge(self, turn: Turn, now: float, used: float) -> None:
        request, looks = turn.request, turn.looks
        if request is None or now - turn.began < LIMIT:
            return
        still = sum(
            after.moment - before.moment
            for before, after in itertools.pairwise(looks)
            if not after.is_ready and after.used - before.used < NO_WORK
        )
        frozen = min(used - turn.used + still, now - turn.began)
        frozen *= sum(not look.is_once for look in looks) / len(looks)
        if frozen < LIMIT:
            return
        places = Counter((look.place, look.inside) for look in looks if not look.is_once)
        (where, inside), _ = places.most_common(1)[0]
        self.run.found(
            FROZEN,
            "kept the loop from everything else for more than 50 ms",
            where or request.endpoint,
            f"{frozen * 1000:.0f} ms, {used - turn.used:.3f} s of it computing"
            + (f"; seen in {inside}" if inside else ""),
            request=request,
        )


def _stack(frame: FrameType | None) -> list[FrameType]:
    """Return the frames of a callback, innermost first, up to the app's."""
    stack: list[FrameType] = []
    while frame is not None and BOUNDARY not in frame.f_code.co_varnames:
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
