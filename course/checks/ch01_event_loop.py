"""Chapter 1: many waits at once, work off the loop, the first of several, and order."""

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any

from course.exercise import Broken, Exercise, Star
from course.observation import Outcome, attempt, describe, interruption, plain

# --- ch01-ex1: price_all --------------------------------------------------------------------

SEATS = tuple(f"{row}{number}" for row in "ABCD" for number in range(1, 6))
LIMIT, SMALL_LIMIT = 5, 3
FAILING = "B2"
SETTLE_TURNS = 20  # turns of the loop after which tasks that can start have started
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

    async def fetch(self, seat: str) -> int:
        """Return the price of a seat in cents, when the supplier gets to it."""
        future = asyncio.get_running_loop().create_future()
        self.waiting[seat] = future
        self.asked.append(seat)
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
        """Wait until no more calls arrive; when fewer wait than could, also for some time."""
        full = min(self.limit, self.seats - self.answered)
        deadline = time.perf_counter() + SETTLE_SECONDS
        turns = 0
        while turns < SETTLE_TURNS or (
            self.patient and len(self.waiting) < full and time.perf_counter() < deadline
        ):
            before = len(self.asked)
            await asyncio.sleep(0)
            turns = 0 if len(self.asked) > before else turns + 1
        # Once it has waited in vain it stops waiting: the answer is serial, and is told so.
        self.patient = self.patient and len(self.waiting) >= full

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


async def observe_price_all(price_all: Any) -> dict[str, Any]:
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
    await _turns()
    supplier.later = len(supplier.waiting)
    supplier.close()
    return outcome, supplier


async def _turns() -> None:
    """Let everything that can go on without waiting go on."""
    for _ in range(SETTLE_TURNS):
        await asyncio.sleep(0)


def judge_price_all(seen: dict[str, Any]) -> Iterable[Broken | Star]:
    if reason := interruption(seen["prices"], "price_all"):
        for promise in PRICE_ALL.promises:
            yield Broken(promise, reason)
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
    if any("ConnectionError" in str(price) for price in prices or ()):
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

# --- ch01-ex2: report_async -----------------------------------------------------------------

BREATH = 2.0  # seconds that the report waits for a sign of life from the loop


async def observe_report_async(report_async: Any) -> dict[str, Any]:
    """Hand over a report that waits until the loop gives a sign of life."""
    loop = asyncio.get_running_loop()
    here = threading.get_ident()
    calls: list[str] = []
    frozen = elsewhere = False

    def build_report(path: str) -> str:
        nonlocal frozen, elsewhere
        calls.append(path)
        elsewhere = threading.get_ident() != here
        alive = threading.Event()
        loop.call_soon_threadsafe(alive.set)
        frozen = not alive.wait(BREATH)
        return f"report of {path}"

    def burn(path: str) -> str:
        raise FileNotFoundError(f"no ledger at {path}")

    outcome = await attempt(lambda: report_async("march.csv", build_report))
    failed = await attempt(lambda: report_async("april.csv", burn))
    return {
        "report": _plainly(outcome),
        "calls": calls,
        "frozen": frozen,
        "elsewhere": elsewhere,
        "failed": _plainly(failed),
    }


def _plainly(outcome: Outcome) -> dict[str, Any]:
    return outcome.as_dict()


def judge_report_async(seen: dict[str, Any]) -> Iterable[Broken | Star]:
    report = seen["report"]
    reason = interruption(report, "report_async")
    if reason and ("pickle" in reason.lower() or "local object" in reason):
        reason = (
            "build_report can't be sent to another process: it holds on to things of this one. "
            "A thread takes it as it is."
        )
    if not seen["calls"]:
        for promise in REPORT_ASYNC.promises:
            yield Broken(promise, reason or _not_called(report))
        return
    if seen["frozen"]:
        yield Broken("free", _why_frozen(seen))
    if len(seen["calls"]) > 1:
        yield Broken(
            "value", f"build_report was called {len(seen['calls'])} times; once is enough."
        )
    elif reason:
        yield Broken("value", _why_frozen(seen) if seen["frozen"] else reason)
    elif report["value"] != "report of march.csv":
        yield Broken(
            "value",
            f"report_async returned {report['value']!r} instead of what build_report returned. "
            "Was something started and never awaited?",
        )
    if reason:
        yield Broken("errors", "Whether an error comes out shows once a report comes back.")
    elif seen["failed"]["ended"] == "returned":
        yield Broken(
            "errors",
            "build_report raised FileNotFoundError, and report_async returned "
            f"{seen['failed']['value']!r}. The caller must hear of it.",
        )
    elif "FileNotFoundError" not in seen["failed"]["error"]:
        yield Broken(
            "errors", interruption(seen["failed"], "report_async") or "The error was lost."
        )


def _not_called(report: dict[str, Any]) -> str:
    return (
        f"build_report was never called; report_async returned {report['value']!r}. "
        "Was something started and never awaited?"
    )


def _why_frozen(seen: dict[str, Any]) -> str:
    report = seen["report"]
    if "a coroutine was expected" in report["error"]:
        return (
            "The loop was frozen while the report was built, and then came "
            f"{report['error']}. create_task wants a coroutine; build_report is a plain "
            "function, so writing build_report(path) ran it, here, on the loop."
        )
    # Up to Python 3.13, and from 3.14 on.
    if any(words in report["error"] for words in ("used in 'await'", "can't be awaited")):
        return (
            "The loop was frozen while the report was built, and then came "
            f"{report['error']}. build_report is a plain function: calling it does the whole "
            "work at once and gives text, and text can't be awaited."
        )
    if report["ended"] == "raised" and "not callable" in report["error"]:
        return (
            "The loop was frozen while the report was built, and then came "
            f"{report['error']}. You called build_report before handing it over: pass the "
            "function and its argument separately."
        )
    if seen["elsewhere"]:
        return (
            "build_report ran in another thread, and the loop's thread waited for it, as `join()` "
            "and `result()` do: no other request was answered. Leave the loop's thread, and await."
        )
    return (
        "The loop was frozen for as long as the report was built: no other request was answered. "
        "async def alone does not make blocking code wait politely; it has to leave the loop's "
        "thread."
    )


REPORT_ASYNC = Exercise(
    id="ch01-ex2",
    title="A report that freezes nobody",
    objectives=("blocking", "endpoints", "freeze"),
    answers=("report_async",),
    promises={
        "free": "the loop goes on while the report is built",
        "value": "the report comes back",
        "errors": "an error of the report comes out",
    },
    hints=(
        "The work blocks a thread. Which thread must it not be?",
        "asyncio.to_thread runs a plain function in another thread and can be awaited.",
        "Hand over the function and its argument, not its result: to_thread(function, argument).",
    ),
    observe=observe_report_async,
    judge=judge_report_async,
)

# --- ch01-ex3: first_offer ------------------------------------------------------------------

DEADLINE = 60.0  # seconds; longer than the check's patience, so that nobody wins by waiting
SHORT = 0.05


class Agency:
    """Suppliers that wait until they are told, and need a moment to put things away."""

    def __init__(self, winner: str = "", fails: str = "") -> None:
        self.started: list[str] = []
        self.cancelled: list[str] = []
        self.ended: list[str] = []
        self.winner, self.fails = winner, fails
        self.suppliers = [self._supplier(name) for name in ("north", "south", "west")]

    def _supplier(self, name: str) -> Callable[[], Awaitable[str]]:
        async def offer() -> str:
            self.started.append(name)
            try:
                if name == self.fails:
                    raise ConnectionError(f"nobody there in the {name}")
                if name == self.winner:
                    await _turns()
                    return f"offer from {name}"
                await asyncio.get_running_loop().create_future()
                return ""
            except asyncio.CancelledError:
                self.cancelled.append(name)
                raise
            finally:
                # Putting things away takes one turn of the loop: a cancel that nobody awaits
                # has not happened yet when its caller goes on. AnyIO cancels this turn as well.
                try:
                    await asyncio.sleep(0)
                finally:
                    self.ended.append(name)

        return offer

    def report(self) -> dict[str, int]:
        """Return how many started, still work and were cancelled, at this moment."""
        return {
            "started": len(self.started),
            "working": len(self.started) - len(self.ended),
            "cancelled": len(self.cancelled),
        }


async def observe_first_offer(first_offer: Any) -> dict[str, Any]:
    """One supplier answers; nobody answers before the deadline; the caller hangs up."""
    won, at_return, later = await _raced(first_offer, Agency(winner="south"), DEADLINE)
    late, late_return, late_later = await _raced(first_offer, Agency(), SHORT)
    one_fails, _, _ = await _raced(first_offer, Agency("south", fails="north"), DEADLINE)
    return {
        "won": won,
        "at return": at_return,
        "later": later,
        "late": late,
        "late at return": late_return,
        "late later": late_later,
        "hung up": await _hang_up(first_offer),
        "one fails": one_fails,
    }


async def _raced(
    first_offer: Any, agency: "Agency", deadline: float
) -> tuple[dict[str, Any], dict[str, int], dict[str, int]]:
    """Return how it ended, and the agency at that very moment and after some turns of the loop."""
    at_end: dict[str, int] = {}
    outcome = await attempt(
        lambda: first_offer(agency.suppliers, deadline),
        at_end=lambda: at_end.update(agency.report()),
    )
    await _turns()
    return _plainly(outcome), at_end or agency.report(), agency.report()


async def _hang_up(first_offer: Any) -> dict[str, Any]:
    agency = Agency()
    ending: list[str] = []

    async def caller() -> None:
        try:
            await first_offer(agency.suppliers, DEADLINE)
            ending.append("returned")
        except BaseException as error:
            ending.append(describe(error))
            raise

    task = asyncio.ensure_future(caller())
    await _turns()
    task.cancel()
    await asyncio.wait({task}, timeout=1.0)
    report = agency.report()
    return {"ending": ending[0] if ending else "went on", "working": report["working"]}


def judge_first_offer(seen: dict[str, Any]) -> Iterable[Broken | Star]:
    won, late = seen["won"], seen["late"]
    if (reason := interruption(won, "first_offer")) and not seen["at return"]["started"]:
        for promise in FIRST_OFFER.promises:
            yield Broken(promise, reason)
        return
    if won["ended"] == "timed out":
        waited = (
            "One supplier had answered at once, and first_offer went on waiting for the others."
        )
        if seen["at return"]["started"] < len(Agency().suppliers):
            waited = (
                f"Only {seen['at return']['started']} of 3 suppliers had been called: the second "
                "one would have answered at once. Call them all, then wait for the first."
            )
        yield Broken("winner", waited)
    elif reason:
        yield Broken("winner", reason)
    elif won["value"] != "offer from south":
        yield Broken(
            "winner",
            f"The supplier in the south answered first; first_offer returned {won['value']!r}.",
        )
    if late["ended"] != "returned" or late["value"] is not None:
        reason = interruption(late, "first_offer") or f"first_offer returned {late['value']!r}."
        if late["ended"] == "timed out":
            reason = f"The deadline was {SHORT} s, and first_offer waited on."
        if not late["error"] or late["error"] != won["error"]:
            reason = f"Nobody answered before the deadline, so None is due. {reason}"
        yield Broken("deadline", reason)
    yield from _judge_losers(seen)
    hung_up = seen["hung up"]
    if "CancelledError" not in hung_up["ending"]:
        yield Broken(
            "hang-up",
            f"The caller was cancelled, and first_offer {hung_up['ending']}: it swallowed its own "
            "cancellation. CancelledError is a BaseException for this reason; let it through.",
        )
    elif hung_up["working"]:
        yield Broken(
            "hang-up",
            f"The caller was cancelled, and {_suppliers(hung_up['working'])} worked on for nobody. "
            "A finally block runs in this case too: cancel and collect all of them there.",
        )
    if seen["one fails"]["value"] == "offer from south":
        yield Star("One supplier failed at once, and the race went on without it.")


def _judge_losers(seen: dict[str, Any]) -> Iterable[Broken]:
    for outcome, report, later in (
        (seen["won"], seen["at return"], seen["later"]),
        (seen["late"], seen["late at return"], seen["late later"]),
    ):
        if not (working := report["working"]):
            continue
        left = f"{_suppliers(working)} {'was' if working == 1 else 'were'} still"
        if outcome["error"] == "CancelledError":
            yield Broken("losers", f"{left} on the line when CancelledError came out.")
        elif later["working"]:
            yield Broken(
                "losers",
                f"{left} working after first_offer returned, and nobody had told them to stop. "
                "Waiting for one task leaves the others running: cancel them, then await them.",
            )
        else:
            yield Broken(
                "losers",
                f"{left} putting things away when first_offer returned. "
                "cancel() only asks; the task ends at its next step. Await it after cancelling.",
            )
        return


def _suppliers(count: int) -> str:
    return "1 supplier" if count == 1 else f"{count} suppliers"


FIRST_OFFER = Exercise(
    id="ch01-ex3",
    title="The first offer wins",
    objectives=("crowd",),
    answers=("first_offer",),
    promises={
        "winner": "the first offer is returned as soon as it is there",
        "losers": "the other suppliers have stopped before first_offer returns",
        "deadline": "without an offer before the deadline, None is returned",
        "hang-up": "when the caller is cancelled, everything stops",
    },
    hints=(
        "Make a task of each supplier, and wait for the first one that is done.",
        "asyncio.wait(tasks, timeout=deadline, return_when=asyncio.FIRST_COMPLETED) returns "
        "(done, pending) and stops nobody.",
        "In a finally block: cancel every task, then await them all with "
        "asyncio.gather(*tasks, return_exceptions=True). finally also runs when you are cancelled.",
    ),
    observe=observe_first_offer,
    judge=judge_first_offer,
)

# --- ch01-ex4: the order of things ----------------------------------------------------------


async def opening_night(log: Callable[[str], None]) -> None:
    """The program whose lines the learner puts in order; the notebook shows this very text."""

    async def usher(place: str, minutes: float) -> None:
        log(f"{place} opens")
        await asyncio.sleep(minutes)
        log(f"{place} is seated")

    balcony = asyncio.create_task(usher("balcony", 0.02))
    foyer = asyncio.create_task(usher("foyer", 0.01))
    log("doors open")
    await asyncio.sleep(0)
    time.sleep(0.05)  # noqa: ASYNC251  the blocking call is the question
    log("archive read")
    await foyer
    await balcony
    log("curtain up")


async def observe_order(order: Any) -> dict[str, Any]:
    """Run the program, and keep the answer beside what it logged."""
    lines: list[str] = []
    await opening_night(lines.append)
    said = plain(order)
    if isinstance(said, list):
        said = [str(line).strip() for line in said]
    return {"said": said, "true": lines}


def judge_order(seen: dict[str, Any]) -> Iterable[Broken | Star]:
    said, true = seen["said"], seen["true"]
    if not isinstance(said, list) or sorted(said) != sorted(true):
        yield from _judge_lines(said, true)
        return
    place = said.index
    if min(place("balcony opens"), place("foyer opens")) < place("doors open"):
        yield Broken(
            "scheduled",
            "create_task only schedules: a task takes its first step when the running code "
            "reaches an await. `doors open` is logged before that.",
        )
    elif place("archive read") < max(place("foyer opens"), place("balcony opens")):
        yield Broken(
            "scheduled",
            "`await asyncio.sleep(0)` lets every task that is ready take a step: both ushers open "
            "before the archive is read.",
        )
    elif place("foyer opens") < place("balcony opens"):
        yield Broken(
            "scheduled", "Tasks take their first step in the order in which they were made."
        )
    if min(place("balcony is seated"), place("foyer is seated")) < place("archive read"):
        yield Broken(
            "blocked",
            "time.sleep held the loop: no usher could finish before the archive was read, however "
            "short its own wait.",
        )
    if place("balcony is seated") < place("foyer is seated"):
        yield Broken(
            "timers",
            "Both waits were over when the loop came back; it wakes them in the order of their "
            "times, and the foyer's 0.01 was due before the balcony's 0.02.",
        )
    if place("curtain up") != len(true) - 1:
        yield Broken(
            "awaited", "`curtain up` comes after both ushers were awaited, so it is the last line."
        )


def _judge_lines(said: list[str] | str, true: list[str]) -> Iterable[Broken]:
    if not isinstance(said, list):
        message = f"Write a list of the {len(true)} lines, as strings; this is {said}."
    elif "<ellipsis>" in said:
        message = "One line of the list is still `...`."
    elif strangers := [line for line in said if line not in true]:
        message = f"The program never logs {strangers[0]!r}."
    elif missing := [line for line in true if line not in said]:
        message = f"The program also logs {missing[0]!r}."
    else:
        message = f"Each line is logged once; your list has {len(said)} lines for {len(true)}."
    for promise in ORDER.promises:
        yield Broken(promise, message)


ORDER = Exercise(
    id="ch01-ex4",
    title="Put the evening in order",
    objectives=("order",),
    answers=("order",),
    promises={
        "scheduled": "a task starts at the next await, not where it is made",
        "blocked": "a blocking call lets nobody finish",
        "timers": "waits that are over end in the order of their times",
        "awaited": "what is awaited is over when the next line runs",
    },
    hints=(
        "Go through the program line by line and ask at each one: can the loop do anything else "
        "here? It can where an await suspends, and nowhere else.",
        "`await asyncio.sleep(0)` suspends without waiting: both tasks run up to their own sleep.",
        "During time.sleep nothing runs. When it is over, both timers are due.",
    ),
    observe=observe_order,
    judge=judge_order,
)

EXERCISES = (PRICE_ALL, REPORT_ASYNC, FIRST_OFFER, ORDER)
