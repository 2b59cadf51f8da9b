"""ch01-ex1: twenty prices, five at a time."""

import asyncio
from collections.abc import Iterable, Sequence
from typing import Any

from course.checking.attempts import Outcome, attempt, interruption
from course.checking.exercise import Broken, Exercise, Finding, Nothing
from course.checking.patience import until_idle
from course.checks.ch01_event_loop.loop_turns import turns

SEATS = tuple(f"{row}{number}" for row in "ABCD" for number in range(1, 6))
LIMIT, SMALL_LIMIT = 5, 3
FAILING = "B2"
SETTLE_SECONDS = 0.25  # and time for answers that start them by the clock


class Supplier:
    """A price service that answers when it decides to, the last caller first.

    It waits until no more calls arrive before it answers one, so what is seen does not
    depend on how fast the machine is.
    """

    def __init__(self, seats: Sequence[str], limit: int, fails_at: str = "") -> None:
        self.seats, self.limit, self.fails_at = len(seats), limit, fails_at
        self.waiting: dict[str, asyncio.Future[int]] = {}
        self.asked: list[str] = []
        self.answered = 0
        self.most = 0
        self.fewest = limit
        self.at_end = self.later = 0
        self.open = True
        self.patient = True
        self.called = asyncio.Event()

    async def fetch(self, seat: str) -> int:
        """Return the price of a seat in cents, when the supplier gets to it."""
        future: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self.waiting[seat] = future
        self.asked.append(seat)
        self.called.set()
        self.most = max(self.most, len(self.waiting))
        try:
            if not self.open:
                return price(seat)
            return await future
        finally:
            self.waiting.pop(seat, None)

    async def serve(self) -> None:
        """Answer calls one at a time, for ever."""
        while True:
            await self._settle()
            if self.seats - self.answered >= self.limit:
                self.fewest = min(self.fewest, len(self.waiting))
            if not self.waiting:
                self.called.clear()
                await self.called.wait()
                continue
            seat = self.fails_at if self.fails_at in self.waiting else list(self.waiting)[-1]
            future = self.waiting[seat]
            if future.done():
                continue
            self.answered += 1
            if seat == self.fails_at:
                future.set_exception(ConnectionError(f"no price for {seat}"))
            else:
                future.set_result(price(seat))

    async def _settle(self) -> None:
        """Wait until no more calls arrive; when fewer wait than could, also for the clock."""
        full = min(self.limit, self.seats - self.answered)
        await self._until_nobody_comes()
        if self.patient and len(self.waiting) < full:
            await until_idle(SETTLE_SECONDS, enough=lambda: len(self.waiting) >= full)
            await self._until_nobody_comes()
        # Once it has waited in vain it stops waiting: the answer is serial, and is told so.
        self.patient = self.patient and len(self.waiting) >= full

    async def _until_nobody_comes(self) -> None:
        asked = -1
        while asked < len(self.asked):
            asked = len(self.asked)
            await turns()

    def note_end(self) -> None:
        """Note how many calls are in flight in the moment in which price_all ends."""
        self.at_end = len(self.waiting)

    def close(self) -> None:
        """Answer everybody who still waits, at once."""
        self.open = False
        for future in self.waiting.values():
            if not future.done():
                future.set_result(0)


def price(seat: str) -> int:
    """Return a price in cents that tells one seat from another."""
    return 1000 + 100 * (ord(seat[0]) - ord("A")) + int(seat[1:])


async def observe_price_all(case: None, price_all: Any) -> dict[str, Any]:
    """Price twenty seats, then the same with one that fails, then none at all."""
    outcome, supplier = await _priced(price_all, SEATS, LIMIT)
    if outcome.ended != "returned":
        return {"prices": outcome.as_dict()}
    failed, failing = await _priced(price_all, SEATS, SMALL_LIMIT, FAILING)
    empty, _ = await _priced(price_all, (), LIMIT)
    return {
        "prices": outcome.as_dict(),
        "most": supplier.most,
        "fewest": supplier.fewest,
        "failed": failed.as_dict(),
        "most of the small limit": failing.most,
        "in flight at the error": failing.at_end,
        "in flight later": failing.later,
        "empty": empty.as_dict(),
    }


async def _priced(
    price_all: Any, seats: Sequence[str], limit: int, fails_at: str = ""
) -> tuple[Outcome, Supplier]:
    """Return how price_all ended, and its supplier, which knows what was in flight then."""
    supplier = Supplier(seats, limit, fails_at)
    server = asyncio.create_task(supplier.serve())
    outcome = await attempt(
        lambda: price_all(list(seats), supplier.fetch, limit), at_end=supplier.note_end
    )
    server.cancel()
    await turns()
    supplier.later = len(supplier.waiting)
    supplier.close()
    return outcome, supplier


def judge_price_all(case: None, seen: dict[str, Any]) -> Iterable[Finding]:
    if reason := interruption(seen["prices"], "price_all"):
        yield Nothing(reason)
        return
    yield from _judge_order(seen)
    if seen["most"] > LIMIT:
        yield Broken(
            "limit",
            f"{seen['most']} calls were in flight at once; the supplier allows {LIMIT}. "
            "Whatever starts them all must let each call wait for a place first.",
        )
    elif seen["most of the small limit"] > SMALL_LIMIT:
        yield Broken(
            "limit",
            f"With limit={SMALL_LIMIT}, {seen['most of the small limit']} calls were in flight. "
            "The number comes with the call.",
        )
    if seen["most"] == 1:
        yield Broken(
            "together",
            f"One call at a time: correct, but serial. {len(SEATS)} seats took {len(SEATS)} waits, "
            f"where {LIMIT} at a time would take {len(SEATS) // LIMIT}.",
        )
    elif seen["most"] < LIMIT:
        yield Broken(
            "together",
            f"At most {seen['most']} calls were in flight, and the supplier allows {LIMIT}.",
        )
    elif seen["fewest"] < LIMIT:
        yield Broken(
            "together",
            f"At times {seen['fewest']} of {LIMIT} places were in use although seats were left. "
            "A batch waits for its slowest call; give a place that is free to the next seat.",
        )
    yield from _judge_failure(seen)


def _judge_order(seen: dict[str, Any]) -> Iterable[Broken]:
    prices, right = seen["prices"]["value"], [price(seat) for seat in SEATS]
    if prices == right and seen["empty"]["ended"] == "returned" and not seen["empty"]["value"]:
        return
    if prices == right:
        yield Broken("order", "For no seats at all, price_all should return an empty list.")
    elif isinstance(prices, list) and (odd := [p for p in prices if str(p).startswith("<")]):
        yield Broken(
            "order",
            f"Where a price should be stands {odd[0]}. Await each fetch, and take its result.",
        )
    elif isinstance(prices, list) and sorted(map(str, prices)) == sorted(map(str, right)):
        yield Broken(
            "order",
            "The prices are in the order in which they arrived: seat A1 got the price of another "
            "one. Keep each answer with its question.",
        )
    elif not isinstance(prices, list):
        yield Broken("order", f"price_all returned {prices}, not a list of prices.")
    else:
        yield Broken(
            "order",
            f"price_all returned {len(prices)} values for {len(SEATS)} seats, beginning "
            f"{prices[:3]}; the right list begins {right[:3]}.",
        )


def _judge_failure(seen: dict[str, Any]) -> Iterable[Broken]:
    failed, left = seen["failed"], seen["in flight at the error"]
    if failed["ended"] == "returned":
        yield Broken("failure", _swallowed(failed["value"]))
        yield Broken(
            "tidy", "Whether a call runs on after an error shows once the error comes out."
        )
        return
    if failed["ended"] != "raised" or "ConnectionError" not in failed["error"]:
        problem = interruption(failed, "price_all")
        yield Broken("failure", f"When one seat's price failed: {problem}")
    if left and seen["in flight later"]:
        yield Broken(
            "tidy",
            f"{_calls(left)} still in flight after price_all had ended with an error, and nobody "
            "stopped them. A TaskGroup does; gather lets them run on.",
        )
    elif left:
        yield Broken(
            "tidy",
            f"{_calls(left)} still in flight when the error came out. cancel() only asks; "
            "await what you cancelled before you go on.",
        )


def _calls(count: int) -> str:
    return "1 call was" if count == 1 else f"{count} calls were"


def _swallowed(prices: Any) -> str:
    if isinstance(prices, list) and any("ConnectionError" in str(price) for price in prices):
        return (
            f"The supplier had no price for {FAILING}, and its error stands among the prices: "
            "return_exceptions=True makes it a result. Let the error through."
        )
    return (
        f"The supplier had no price for {FAILING}, and price_all returned as if it had. "
        "A list with a hole in it is a wrong bill: let the error through."
    )


PRICE_ALL = Exercise(
    id="ch01-ex1",
    title="Twenty prices, five at a time",
    objectives=("waiting", "crowd"),
    answers=("price_all",),
    promises={
        "order": "the prices stand in the order of the seats",
        "limit": "never more calls at once than the supplier allows",
        "together": "as many calls at once as the supplier allows",
        "failure": "an error of the supplier comes out",
        "tidy": "no call is left running after an error",
    },
    hints=(
        "Start everything, but let each call pass a gate that has `limit` places.",
        "asyncio.Semaphore(limit) is that gate: `async with gate:` around the fetch.",
        "Make the tasks in an asyncio.TaskGroup, keep them in a list in the order of the seats, "
        "and read their results after the block: if one fails, the group cancels the others.",
    ),
    observe=observe_price_all,
    judge=judge_price_all,
)
