"""Turns of the event loop: what a check waits for in place of the clock."""

import asyncio

SETTLE_TURNS = 20  # turns of the loop after which tasks that can start have started


async def turns() -> None:
    """Let everything that can go on without waiting go on."""
    for _ in range(SETTLE_TURNS):
        await asyncio.sleep(0)
