"""The moment at which somebody waits, and who does something in it.

What is not stored yet when an answer leaves may be stored a moment later. How much later, no check
can say by the clock: on a busy machine a look takes longer than a short sleep. So the moment is
not counted in seconds. Whoever looks keeps a thread at work, the driver's; whoever waits, with a
sleep, a time-out or by turning round and round, lets the loop turn while no thread does anything.
"""

import asyncio
import contextlib
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

from lantern.idle import Surroundings, lookouts

TURNS = 50  # of the loop in a row in which no thread works or hands something over
A_MOMENT = 0.0001  # seconds in which a thread that has got something to do begins with it
_sleep = time.sleep  # what waits here is nobody who looks


@contextlib.asynccontextmanager
async def while_somebody_waits() -> AsyncIterator[None]:
    """Enter the block when somebody on this loop waits, and end it before the wait is over.

    The loop's clock stands until then, so no timer ends a wait before the block has ended. On a
    loop that is not asyncio's own, whose clock cannot be stopped, the moment never comes.
    """
    loop: Any = asyncio.get_running_loop()
    if not isinstance(loop, asyncio.BaseEventLoop):
        await loop.create_future()
    surroundings, turns, now = Surroundings(), 0, loop.time()
    loop.time = lambda: now
    try:
        while turns < TURNS:
            rest, ready = surroundings.others_rest(), len(loop._ready)
            # Not a timer of the loop: this thread lets go of the interpreter, and the loop stands.
            _sleep(A_MOMENT)
            handed_over = len(loop._ready) > ready
            turns = turns + 1 if rest and not handed_over else 0
            _let_look_on(type(loop).time(loop))
            await asyncio.sleep(0)
        yield
    finally:
        vars(loop).pop("time", None)


@contextlib.contextmanager
def when_this_thread_sleeps(act: Callable[[], None], names: dict[str, Any]) -> Iterator[None]:
    """Act when this thread calls `time.sleep`: its loop cannot turn then, and time passes.

    `names` are those of a module, in which that function may have another one.
    """
    here, sleep = threading.get_ident(), time.sleep
    other_names = [name for name, value in names.items() if value is sleep]

    def act_and_sleep(seconds: Any) -> None:
        if threading.get_ident() == here:
            act()
        sleep(seconds)

    time.sleep = act_and_sleep
    names.update(dict.fromkeys(other_names, act_and_sleep))
    try:
        yield
    finally:
        time.sleep = sleep
        names.update(dict.fromkeys(other_names, sleep))


def _let_look_on(now: float) -> None:
    """Let the timers of those who only look on come by the clock that does not stand."""
    for timer in [*lookouts]:
        if timer.when() <= now and not timer.cancelled():
            timer._run()
