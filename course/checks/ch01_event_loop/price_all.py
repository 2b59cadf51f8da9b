"""ch01-ex1: twenty prices, five at a time."""

import asyncio
import inspect
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from random import Random
from typing import Any

from course.checking.attempts import attempt, interruption, plain
from course.checking.exercise import Broken, Exercise, Finding, Nothing
from course.checking.sealed import sealed
from course.checks.ch01_event_loop.loop_turns import turns
from course.checks.ch01_event_loop.supplier import AGAIN, Call, Supplier, serve

NAMELESS = ""  # a seat like any other
EVERY_SEAT = [f"{row}{number}" for row in "ABCDEfghij" for number in range(1, 13)]
LINE_ERRORS = (ConnectionRefusedError, ConnectionResetError)
OTHER_ERRORS = (LookupError, ValueError)
LIMIT = 5
_BATCH = (
    "A batch that waits for its slowest call looks like this; give a place that is free to the "
    "next seat."
)
_SHARED = (
    "Does one call of price_all wait for the places of another, or is there a bound that is not "
    "`limit`?"
)


@dataclass(frozen=True)
class Case:
    """Calls of price_all: twenty seats, fewer than places, none, two at once, three errors.

    Of the pair one has a single place, and the other one many seats and places.
    """

    evening: Call
    few: Call
    none: Call
    pair: tuple[Call, Call]
    failing: tuple[Call, ...]


def draw_price_all(random: Random) -> Case:
    """Draw calls whose seats and prices are unsorted and repeated.

    In each one seat is free and has a price when it is asked for again, one price is below 0, as
    of a voucher, and one seat has no name.
    """
    limits = random.sample((2, 3, 4), 3)
    return Case(
        evening=_call(random, 20, LIMIT),
        few=_call(random, 3, random.randint(7, 9)),
        none=Call((), {}, LIMIT),
        pair=(_call(random, 9, 1), _call(random, 130, random.randint(11, 15))),
        failing=(
            _failing(random, _call(random, 13, limits[0]), random.choice(LINE_ERRORS)),
            _failing(random, _call(random, 8, limits[1]), TimeoutError),
            _failing(random, _call(random, 10, limits[0]), random.choice(OTHER_ERRORS)),
        ),
    )


def _failing(random: Random, call: Call, error: type[Exception]) -> Call:
    once = [seat for seat, count in Counter(call.seats).items() if count == 1 and seat]
    return replace(call, fails_at=random.choice(once), error=error)


def _call(random: Random, count: int, limit: int) -> Call:
    twice = count // 4
    seats = [*random.sample(EVERY_SEAT, count - twice - 1), NAMELESS]
    prices = {seat: random.randrange(1500, 9000, 50) for seat in seats}
    free, voucher = seats[:2]
    prices |= {free: 0, voucher: -prices[voucher]}
    seats += random.sample(seats[1:], twice)
    random.shuffle(seats)
    return Call(tuple(seats), prices, limit, free)


async def observe_price_all(case: Case, price_all: Any) -> dict[str, Any]:
    """Make the calls of the case, the pair at once, the failing ones last."""
    (evening,) = await _priced(price_all, case.evening)
    if evening["outcome"]["ended"] != "returned":
        return {"evening": evening}
    (few,) = await _priced(price_all, case.few)
    (none,) = await _priced(price_all, case.none)
    return {
        "evening": evening,
        "few": few,
        "none": none,
        "pair": await _priced(price_all, *case.pair),
        "failing": [run for call in case.failing for run in await _priced(price_all, call)],
    }


def _asked(price_all: Any, supplier: Supplier) -> Any:
    call = supplier.call
    prices = price_all(list(call.seats), sealed(supplier.fetch), call.limit)
    return _as_returned(prices) if inspect.isawaitable(prices) else prices


async def _as_returned(prices: Any) -> Any:
    # What is put into a list after it was returned comes too late.
    return plain(await prices)


async def _priced(price_all: Any, *calls: Call) -> list[dict[str, Any]]:
    """Make calls at once; return of each how it ended, and what its supplier saw of it."""
    suppliers = [Supplier(call) for call in calls]
    server = asyncio.create_task(serve(*suppliers))
    outcomes = await asyncio.gather(
        *(
            attempt(partial(_asked, price_all, supplier), at_end=supplier.note_end)
            for supplier in suppliers
        )
    )
    server.cancel()
    await turns()
    for supplier in suppliers:
        supplier.close()
    return [
        {"outcome": outcome.as_dict(), **supplier.report()}
        for outcome, supplier in zip(outcomes, suppliers, strict=True)
    ]


def judge_price_all(case: Case, seen: dict[str, Any]) -> Iterable[Finding]:
    if reason := interruption(seen["evening"]["outcome"], "price_all"):
        yield Nothing(reason)
        return
    failing = list(zip(case.failing, seen["failing"], strict=True))
    for call, run, when in _successful(case, seen):
        yield from _judge_order(call, run["outcome"], when)
        yield from _judge_together(call, run, when)
        yield from _judge_limit(call, run, when, seen["evening"]["most"])
    for call, run in failing:
        yield from _judge_limit(call, run, "", seen["evening"]["most"])
        yield from _judge_failure(call, run)


def _successful(case: Case, seen: dict[str, Any]) -> Iterator[tuple[Call, dict[str, Any], str]]:
    """Yield (call, what was seen of it, words for the situation) for the calls without an error."""
    yield case.evening, seen["evening"], ""
    yield case.few, seen["few"], f"With {len(case.few.seats)} seats and limit={case.few.limit}: "
    yield case.none, seen["none"], "With no seats at all: "
    for call, run in zip(case.pair, seen["pair"], strict=True):
        yield call, run, "With two calls of price_all at once, each with a supplier of its own: "


def _judge_order(call: Call, outcome: dict[str, Any], when: str) -> Iterator[Broken]:
    prices = outcome["value"]
    if reason := interruption(outcome, "price_all"):
        yield Broken("order", f"{when}{reason}")
    elif not isinstance(prices, list):
        yield Broken("order", f"{when}price_all returned {prices}, not a list of prices.")
    elif prices != call.right:
        yield Broken("order", f"{when}{_what_is_wrong(call, prices)}")


def _what_is_wrong(call: Call, prices: list[Any]) -> str:
    if odd := [price for price in prices if str(price).startswith("<")]:
        return f"Where a price should be stands {odd[0]}. Await each fetch, and take its result."
    if len(prices) != len(call.seats):
        twice = len(call.seats) - len(set(call.seats))
        return (
            f"price_all returned {len(prices)} prices for {len(call.seats)} seats, {twice} of "
            "which stand in the list a second time, and one of which costs 0. One price is due for "
            "each place in the list."
        )
    place = next(n for n, price in enumerate(prices) if price != call.right[n])
    told = (
        f"The price in place {place} is {prices[place]}; seat {call.seats[place]!r}, which stands "
        f"there, costs {call.right[place]}."
    )
    if call.seats[place] == call.free and prices[place] == AGAIN:
        return f"{told} It was asked for twice, and the second answer counts for nothing."
    if Counter(map(str, prices)) == Counter(map(str, call.right)):
        return f"{told} The prices are all there, in another order: keep each with its question."
    return told


def _judge_limit(
    call: Call, run: dict[str, Any], when: str, most_of_the_evening: int
) -> Iterator[Broken]:
    if run["most"] <= call.limit:
        return
    if call.limit != LIMIT and most_of_the_evening <= LIMIT:
        yield Broken(
            "limit",
            f"{when}With limit={LIMIT} there were {most_of_the_evening} calls in flight, and with "
            f"limit={call.limit} there were {run['most']}. The number comes with the call.",
        )
    else:
        yield Broken(
            "limit",
            f"{when}{run['most']} calls were in flight at once; the supplier allows {call.limit}. "
            "Each call has to wait for a place before it begins.",
        )


def _judge_together(call: Call, run: dict[str, Any], when: str) -> Iterator[Broken]:
    could = min(call.limit, len(set(call.seats)))
    if run["outcome"]["ended"] != "returned":
        return
    if run["most"] == 1 < could:
        yield Broken(
            "together",
            f"{when}One call at a time: correct, but serial. {run['asked']} calls took "
            f"{run['asked']} waits, one after the other, where {call.limit} may go on at once.",
        )
    elif run["most"] < could:
        yield Broken(
            "together",
            f"{when}At most {run['most']} calls were in flight; the supplier allows {call.limit}. "
            f"{_SHARED if 'at once' in when else ''}".rstrip(),
        )
    elif run["fewest"] < could:
        yield Broken(
            "together",
            f"{when}At times {run['fewest']} of {call.limit} places were in use although there "
            f"were seats that nobody had asked for. {_SHARED if 'at once' in when else _BATCH}",
        )


def _judge_failure(call: Call, run: dict[str, Any]) -> Iterator[Broken]:
    outcome, due = run["outcome"], call.error.__name__
    if not run["failed"]:
        yield Broken("failure", f"The failing seat {call.fails_at} was never asked for.")
        yield Broken("tidy", "Whether a call runs on after an error shows once there is an error.")
        return
    if outcome["ended"] == "returned":
        yield Broken("failure", _swallowed(call, outcome["value"], run["asked again"]))
    elif not _is_of(due, outcome["error"]) or call.fails_at not in outcome["error"]:
        reason = interruption(outcome, "price_all")
        yield Broken("failure", f"The fetch of {call.fails_at} raised {due}. After that, {reason}")
    if run["untold"]:
        them = "it" if run["untold"] == 1 else "them"
        yield Broken(
            "tidy",
            f"{_calls(run['untold'])} still in flight after the error, when price_all had ended, "
            f"and nobody had told {them} to stop. `gather` leaves calls running after an error; a "
            "TaskGroup cancels them and waits for them.",
        )
    elif run["left"]:
        yield Broken(
            "tidy",
            f"{_calls(run['left'])} still in flight when price_all ended: cancelled, and not yet "
            "over. cancel() only asks; await what you cancelled before you go on.",
        )


def _is_of(kind: str, error: str) -> bool:
    """Tell whether an error, as it is described, is of this kind, or a group that begins so."""
    return re.match(rf"(?:\w*ExceptionGroup\()*{kind}\b", error) is not None


def _calls(count: int) -> str:
    return "1 call was" if count == 1 else f"{count} calls were"


def _swallowed(call: Call, prices: Any, asked_again: bool) -> str:
    if asked_again:
        return (
            f"The supplier had no price for {call.fails_at}, and price_all asked for it once more. "
            "The first error has to come out; whether to try again is up to the caller."
        )
    if isinstance(prices, list) and any(call.error.__name__ in str(price) for price in prices):
        return (
            f"The supplier had no price for {call.fails_at}, and its error stands among the "
            "prices, as with return_exceptions=True. Let the error through."
        )
    return (
        f"The supplier had no price for {call.fails_at}, and price_all returned as if it had. "
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
    draw=draw_price_all,
    observe=observe_price_all,
    judge=judge_price_all,
)
