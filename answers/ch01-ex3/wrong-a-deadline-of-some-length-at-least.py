# s after it. None is due as soon as
# breaks: deadline

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any


async def first_offer(
    suppliers: Sequence[Callable[[], Coroutine[Any, Any, str]]], deadline: float
) -> str | None:
    """Return the first offer, or None after the deadline; nobody is left on the line."""
    tasks = [asyncio.create_task(supplier()) for supplier in suppliers]
    try:
        done, _ = await asyncio.wait(
            tasks, timeout=max(deadline, 5.0), return_when=asyncio.FIRST_COMPLETED
        )
        return done.pop().result() if done else None
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
