"""The price service of ch01-ex1, which notes what is in flight."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from course.checking.patience import until_idle
from course.checks.ch01_event_loop.loop_turns import put_away, turns

AGAIN = 990  # cents that the free seat costs who asks for it once more
SETTLE_SECONDS = 0.25  # for answers that start their calls by the clock


@dataclass(frozen=True)
class Call:
    """One call of price_all: its seats in order, their prices in cents, and what goes wrong.

    A seat may stand several times in `seats`, but for the `free` one, which has another price for
    who asks again. The first call for `fails_at` raises `error`.
    """

    seats: tuple[str, ...]
    prices: Mapping[str, int]
    limit: int
    free: str | None = None
    fails_at: str | None = None
    error: type[Exception] = ConnectionError

    @property
    def right(self) -> list[int]:
        """The prices in the order of the seats."""
        return [self.prices[seat] for seat in self.seats]


class Fetch:
    """One call to the supplier that has not ended."""

    def __init__(self, seat: str) -> None:
        self.seat = seat
        self.answer: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self.told_to_stop = False


class Supplier:
    """A price service that answers when it is told to, the last caller first."""

    def __init__(self, call: Call) -> None:
        self.call = call
        self.waiting: list[Fetch] = []
        self.left: list[Fetch] = []
        self.asked: list[str] = []
        self.arrived: list[int] = []
        self.most = 0
        self.fewest = call.limit
        self.failed = False
        self.open = True
        self.tell: Callable[[], None] = lambda: None  # of each call

    async def fetch(self, seat: str) -> int:
        """Return the price of a seat in cents, when the supplier gets to it."""
        self.asked.append(seat)
        if not self.open:
            return self.call.prices[seat]
        waiting, number = Fetch(seat), len(self.asked)
        self.waiting.append(waiting)
        self.tell()
        self.most = max(self.most, len(self.waiting))
        try:
            return await waiting.answer
        except asyncio.CancelledError:
            waiting.told_to_stop = True
            await put_away(number)
            raise
        finally:
            self.waiting.remove(waiting)

    def answer_one(self) -> bool:
        """Note how many wait, answer one of them, and tell whether there was one."""
        if self._unasked():
            self.fewest = min(self.fewest, len(self.waiting))
        if answerable := [fetch for fetch in self.waiting if not fetch.answer.done()]:
            failing = [fetch for fetch in answerable if fetch.seat == self.call.fails_at]
            self._answer((failing or answerable)[-1])
        return bool(answerable)

    def _answer(self, fetch: Fetch) -> None:
        if fetch.seat == self.call.fails_at and not self.failed:
            self.failed = True
            fetch.answer.set_exception(self.call.error(f"no price for {fetch.seat}"))
        else:
            price = self.call.prices[fetch.seat]
            if fetch.seat == self.call.free and self.asked.count(fetch.seat) > 1:
                price = AGAIN
            self.arrived.append(price)
            fetch.answer.set_result(price)

    def _unasked(self) -> int:
        # Whoever asks once for a seat that stands twice in the list has asked for both.
        return len(set(self.call.seats) - set(self.asked))

    def has_places(self) -> bool:
        """Whether a call could come that has not come."""
        return bool(self._unasked()) and len(self.waiting) < self.call.limit

    def note_end(self) -> None:
        """Note which calls are in flight in the moment in which price_all ends."""
        self.left = list(self.waiting)

    def close(self) -> None:
        """Answer everybody who still waits, at once."""
        self.open = False
        for fetch in self.waiting:
            if not fetch.answer.done():
                fetch.answer.set_result(0)

    def report(self) -> dict[str, object]:
        """Return what was seen; `left` counts calls in flight at the end, `untold` those of them
        that nobody had told to stop.
        """
        return {
            "asked": len(self.asked),
            "most": self.most,
            "fewest": self.fewest,
            "arrived": self.arrived,
            "failed": self.failed,
            "asked again": sum(seat == self.call.fails_at for seat in self.asked) > 1,
            "left": len(self.left),
            "untold": sum(not fetch.told_to_stop for fetch in self.left),
        }


async def serve(*suppliers: Supplier) -> None:
    """Answer calls one at a time, for ever, all suppliers at the same moments.

    They wait until no more calls arrive before they answer one, so what is seen does not
    depend on how fast the machine is.
    """
    patient = True
    while True:
        await _until_nobody_comes(suppliers)
        if patient and _have_places(suppliers):
            taken = _at_a_call(suppliers, lambda: not _have_places(suppliers))
            await until_idle(SETTLE_SECONDS, taken.done, taken)
            await _until_nobody_comes(suppliers)
        # Once they have waited in vain they stop waiting: the answer is serial, and is told so.
        patient = patient and not _have_places(suppliers)
        if not [supplier for supplier in suppliers if supplier.answer_one()]:
            await _at_a_call(suppliers, lambda: True)


async def _until_nobody_comes(suppliers: Sequence[Supplier]) -> None:
    asked = -1
    while asked < _asked(suppliers):
        asked = _asked(suppliers)
        await turns()


def _at_a_call(suppliers: Sequence[Supplier], holds: Callable[[], bool]) -> asyncio.Future[None]:
    """Return a future that is done once something holds when a call comes."""
    future: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def tell() -> None:
        if not future.done() and holds():
            future.set_result(None)

    for supplier in suppliers:
        supplier.tell = tell
    return future


def _have_places(suppliers: Sequence[Supplier]) -> bool:
    return any(supplier.has_places() for supplier in suppliers)


def _asked(suppliers: Sequence[Supplier]) -> int:
    return sum(len(supplier.asked) for supplier in suppliers)
