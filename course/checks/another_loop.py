"""An event loop of its own for an answer that may hang: nobody else waits with it for ever."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import Any

HUNG = 60.0  # seconds; the last resort, for what blocks where nobody looks on

Seen = dict[str, Any]
Tell = Callable[[Seen], None]


async def on_another_loop(observe: Callable[[Tell], Coroutine[Any, Any, Seen]], hung: Seen) -> Seen:
    """Observe on an event loop in a thread; return what was seen there, or `hung` if it never ends.

    `observe` is given what tells of it earlier, where no call returns any more. Its thread is left
    alone then, and so is what waits in it.
    """
    here = asyncio.get_running_loop()
    seen: asyncio.Future[Seen] = here.create_future()

    def answer(result: Seen) -> None:
        if not seen.done():
            seen.set_result(result)

    def tell(result: Seen) -> None:
        here.call_soon_threadsafe(answer, result)

    threading.Thread(target=lambda: tell(asyncio.run(observe(tell))), daemon=True).start()
    try:
        return await asyncio.wait_for(seen, HUNG)
    except TimeoutError:
        return hung
