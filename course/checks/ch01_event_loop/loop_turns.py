"""Turns of the event loop: what a check waits for in place of the clock."""

import asyncio
import contextlib
from typing import Any

SETTLE_TURNS = 20  # turns of the loop after which tasks that can start have started
# So many in a row in which nobody else had anything to do: more of them would change nothing.
QUIET_TURNS = 3
PUTTING_AWAY = 0.02  # seconds; longer than a guess like `await asyncio.sleep(0)` waits


async def turns() -> None:
    """Let everything that can go on without waiting go on."""
    # A loop that is not asyncio's own does not say what is ready.
    ready = getattr(asyncio.get_running_loop(), "_ready", True)
    quiet = 0
    for _ in range(SETTLE_TURNS):
        await asyncio.sleep(0)
        quiet = 0 if ready else quiet + 1
        if quiet == QUIET_TURNS:
            return


def let_pass(seconds: float) -> None:
    """Let so many seconds pass for the timers of the running loop, in no time.

    What is not asyncio's own loop has other timers, which stay as they are.
    """
    loop: Any = asyncio.get_running_loop()
    for timer in getattr(loop, "_scheduled", ()):
        timer._when -= seconds  # of all alike, so their order stays


async def put_away(number: int, seconds: float = PUTTING_AWAY) -> None:
    """Take some seconds over many turns, as a `finally` block may, whoever cancels it meanwhile.

    Of several that begin together, each ends some turns after the one with the number before.
    """
    loop = asyncio.get_running_loop()
    over = _Unmoved(loop=loop)

    def turn(left: int) -> None:
        if left:
            loop.call_soon(turn, left - 1)
        else:
            over.set_result(None)

    # A timer first, for who turns with the loop computes; and no task turns, which costs more.
    loop.call_later(seconds, turn, number * SETTLE_TURNS)
    with contextlib.suppress(asyncio.CancelledError):
        await over


class _Unmoved(asyncio.Future[None]):
    """A future that nobody can cancel: who waits for it hears of that once it is done.

    AnyIO cancels every wait of a cancelled task in every turn, and each would wake the task.
    """

    def cancel(self, msg: object = None) -> bool:
        """Do nothing."""
        return False
