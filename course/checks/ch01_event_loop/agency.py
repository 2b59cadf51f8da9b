"""The suppliers of ch01-ex3, and what is known of each."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from course.checking.sealed import sealed
from course.checks.ch01_event_loop.loop_turns import PUTTING_AWAY, let_pass, put_away, turns


class Agency:
    """Suppliers that wait until they are told to answer, and need a while to put things away.

    `winners` answer in one and the same turn of the loop, `seconds` after all could start, and
    `passing` ones later on the loop's clock, which take no time; the supplier called `fails` raises
    after `fails_after` seconds; the others never answer, but for `stubborn`, who has an offer when
    he is told to stop, after `putting_away` seconds. A name that stands there twice is one
    function, which is to be called twice. `empty` offers say nothing.
    """

    def __init__(
        self,
        names: Sequence[str],
        winners: Sequence[str] = (),
        seconds: float = 0.0,
        passing: float = 0.0,
        fails: str = "",
        fails_after: float = 0.0,
        stubborn: str = "",
        putting_away: float = PUTTING_AWAY,
        empty: bool = False,
    ) -> None:
        self.winners, self.seconds, self.passing = winners, seconds, passing
        self.fails, self.fails_after = fails, fails_after
        self.stubborn, self.putting_away = stubborn, putting_away
        self.empty = empty
        self.told = asyncio.Event()
        self.called = asyncio.Event()
        self.working: set[int] = set()
        self.stopped: set[int] = set()
        self.left: set[int] = set()
        self.started = 0
        self.names: dict[int, str] = {}
        self.tasks: set[asyncio.Task[Any]] = set()
        by_name = {name: self._supplier(name) for name in names}
        self.suppliers = [by_name[name] for name in names]

    def _supplier(self, name: str) -> Callable[[], Awaitable[str]]:
        async def offer() -> str:
            self.started += 1
            self.called.set()
            number = self.started
            self.names[number] = name
            self.working.add(number)
            if task := asyncio.current_task():
                self.tasks.add(task)
            try:
                if name == self.fails:
                    if self.fails_after:
                        await asyncio.sleep(self.fails_after)
                    raise ConnectionError(f"nobody there in the {name}")
                if name in self.winners:
                    await self.told.wait()
                    return "" if self.empty else f"offer from {name}"
                await asyncio.get_running_loop().create_future()
                return ""
            except asyncio.CancelledError:
                self.stopped.add(number)
                if name == self.stubborn:
                    await put_away(number, self.putting_away)
                    return f"offer from {name}"
                await put_away(number)
                raise
            finally:
                self.working.discard(number)

        return sealed(offer)

    async def answer(self) -> None:
        """Let the winners answer when it is time, whatever else happens on the loop.

        The seconds count from the first call: a deadline that counts from the same moment, or from
        earlier, is kept first if it is shorter, however long the machine takes.
        """
        await self.called.wait()
        await asyncio.sleep(self.seconds)
        await turns()
        let_pass(self.passing)
        # After a freeze many timers are due at once: whoever has a deadline keeps it first.
        await turns()
        self.told.set()

    def note_end(self) -> None:
        """Note who works in the moment in which first_offer ends."""
        self.left = set(self.working)

    async def report(self) -> dict[str, Any]:
        """Return how many started, how many worked at the end, and whom nobody had stopped."""
        await turns()
        seen = {
            "started": self.started,
            "left": len(self.left),
            "untold": [self.names[number] for number in sorted(self.left - self.stopped)],
        }
        # Who was left alone is stopped, or Python would complain of him in the learner's output.
        for task in self.tasks:
            task.cancel()
        await turns()
        return seen
