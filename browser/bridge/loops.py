"""Event loops: asyncio's own, which wait on their thread's stack instead of in the system."""

import asyncio
import contextlib
import threading
import time
from collections.abc import Iterator
from typing import Any

from bridge.stacks import Place, can_go_on_alone, can_wait, give_way, turn_is_over
from bridge.threads import get_ident


@contextlib.contextmanager
def outliving() -> Iterator[None]:
    """Let a loop that serves outlive what is raised through it and is no Exception.

    That is an interrupt or an exit of a task, which has ended with it.
    """
    try:
        yield
    except Exception:
        raise
    except BaseException:
        pass


class Loop(asyncio.BaseEventLoop):
    """asyncio's base loop with nothing to listen to but its own timers and other threads.

    `waited` are the seconds in which it had nothing to run: all else was spent on what it ran.
    """

    def __init__(self) -> None:
        super().__init__()
        self._selector = self  # the base class asks it to wait
        self._place = Place()
        self._woken = False
        self.waited = 0.0

    def select(self, timeout: float | None) -> list[Any]:
        """Wait until the time is over or another thread has something for the loop."""
        began = time.perf_counter()
        if not self._woken and timeout != 0:
            self._place.wait(timeout)
        elif turn_is_over():
            give_way()
        self._woken = False
        self.waited += time.perf_counter() - began
        return []

    def others_rest(self) -> bool:
        """Tell whether no other thread can go on before this one gives it something to do."""
        others = {thread.ident for thread in threading.enumerate()} - {get_ident()}
        return not any(map(can_go_on_alone, others))

    def _process_events(self, events: list[Any]) -> None:
        """Nothing but threads and timers happens here, and both are seen to."""

    def _write_to_self(self) -> None:
        self._woken = True
        self._place.wake()
        # In the system this is a call that lets the loop's thread go first.
        if get_ident() != self._thread_id and can_wait():
            give_way()


class Policy(asyncio.events._BaseDefaultEventLoopPolicy):
    """asyncio's own, with these loops, and one for each of these threads until it ends."""

    def __init__(self) -> None:
        # threading.local knows these threads, and asyncio was imported before it did.
        self._local = type("Local", (threading.local,), {"_loop": None})()

    def new_event_loop(self) -> Loop:
        """Return a new loop."""
        return Loop()


def install() -> None:
    """Let asyncio make these loops, and asyncio.run be what it is on CPython."""
    asyncio.events._set_event_loop_policy(Policy())
    asyncio._set_running_loop(None)
    asyncio.run = getattr(asyncio.run, "__wrapped__", asyncio.run)
