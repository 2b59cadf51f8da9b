"""What a browser lacks for FastAPI and SQLAlchemy's AsyncSession, and as CPython has it.

Greenlets, threads and event loops that wait, all on one primitive: a stack that stops and goes
on; an alarm clock; and a clock of what Python ran. No library is changed: they run on the
standard library, which runs on this.
"""

import asyncio
import sys
import time
from collections.abc import Coroutine
from typing import Any


def install(can_wait: bool) -> None:
    """Put everything in place, for a browser that can let Python wait or cannot.

    Comes before any library is imported.
    """
    from bridge import alarms, greenlets, loops, stacks, threads

    time.process_time = stacks.process_time
    threads.install()
    loops.install()
    alarms.install()
    sys.modules["greenlet"] = greenlets
    if not can_wait:
        from bridge import inline

        inline.install()


def run(coroutine: Coroutine[Any, Any, None]) -> None:
    """Run a coroutine that serves for ever; without waiting, return after its first turn.

    A task that is interrupted, or that exits, ends itself and not what serves.
    """
    from bridge.loops import outliving
    from bridge.stacks import can_wait

    if not can_wait():
        from bridge.inline import PageLoop

        PageLoop().begin(coroutine)
        return
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    serving = loop.create_task(coroutine)
    while not serving.done():
        with outliving():
            loop.run_until_complete(serving)
    serving.result()
