# a text without a sign, at once; first_offer returned None
# breaks: winner

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any


async def first_offer(
    suppliers: Sequence[Callable[[], Coroutine[Any, Any, str]]], deadline: float
) -> str | None:
    """Return the first offer, or None after the deadline; nobody is left on the line."""
    tasks = [asyncio.create_task(supplier()) for supplier in suppliers]
    try:
        done, _ = await asyncio.wait(tasks, timeout=deadline, return_when=asyncio.FIRST_COMPLETED)
        return (done.pop().result() or None) if done else None
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
