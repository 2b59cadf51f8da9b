"""Measure how long the event loop could not answer."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field


@dataclass
class Heartbeat:
    """Gaps between two beats, as (start, end) in time.perf_counter seconds, less the interval."""

    interval: float
    gaps: list[tuple[float, float]] = field(default_factory=list)
    last: float = field(default_factory=time.perf_counter)

    def beat(self) -> None:
        """Note the time since the last beat that was longer than the interval asked for."""
        now = time.perf_counter()
        if now - self.last > self.interval:
            self.gaps.append((self.last + self.interval, now))
        self.last = now

    @property
    def longest_freeze(self) -> float:
        """The longest time, in seconds, in which the loop could not answer."""
        return max((end - start for start, end in self.gaps), default=0.0)


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
    pulse.last = time.perf_counter()
    try:
        yield pulse
    finally:
        # A body that ends without awaiting has frozen the loop up to this very moment.
        pulse.beat()
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
