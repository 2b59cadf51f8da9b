"""Turns of the event loop: what a check waits for in place of the clock."""

import asyncio
import time

SETTLE_TURNS = 20  # turns of the loop after which tasks that can start have started
PUTTING_AWAY = 0.02  # seconds; longer than a guess like `await asyncio.sleep(0)` waits


async def turns() -> None:
    """Let everything that can go on without waiting go on."""
    for _ in range(SETTLE_TURNS):
        await asyncio.sleep(0)


async def put_away(number: int, seconds: float = PUTTING_AWAY) -> None:
    """Take some seconds over many turns, as a `finally` block may, whoever cancels it meanwhile.

    Of several that begin together, each ends some turns after the one with the number before.
    """
    end, left = time.perf_counter() + seconds, number * SETTLE_TURNS
    while left:
        remaining = end - time.perf_counter()
        left -= remaining <= 0
        try:
            # A timer, for who turns with the loop computes: of a class that is half of its time.
            await asyncio.sleep(max(remaining, 0.0))
        except asyncio.CancelledError:
            continue  # AnyIO cancels every wait of a cancelled task, this one too
