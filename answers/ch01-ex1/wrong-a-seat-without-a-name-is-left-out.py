# One price is due for each place in the list
# breaks: order, together

import asyncio
from collections.abc import Awaitable, Callable, Sequence


async def price_all(
    seats: Sequence[str], fetch: Callable[[str], Awaitable[int]], limit: int
) -> list[int]:
    """Return the price of each seat, in order, with at most `limit` fetches at a time."""
    gate = asyncio.Semaphore(limit)

    async def fetch_one(seat: str) -> int:
        async with gate:
            return await fetch(seat)

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(fetch_one(seat)) for seat in seats if seat]
    return [task.result() for task in tasks]
