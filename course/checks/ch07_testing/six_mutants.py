"""ch07-ex4: tests that pass for right apps, and that none of six mutants survives."""

from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from course.checking.attempts import PATIENCE, attempt, interruption
from course.checking.exercise import Broken, Exercise, Finding, Nothing, Unseen
from course.checking.patience import until_idle
from course.checks.ch07_testing.box_office_kinds import EITHER, KINDS
from course.checks.ch07_testing.box_offices import Kind, Office, Seen
from course.checks.sessions import Rows, fill
from lantern.theatre import Guest, LedgerEntry, Order, Show, Ticket, make_engine

LOCKED = (
    "(Where an app takes the write lock first, a second request never comes to a barrier: what "
    "waits there wants a time-out.)"
)
LONG = 2 * PATIENCE  # many guests of a test wait for SQLite's one writer


@dataclass(frozen=True)
class Season:
    """The order in which the tests meet the apps, where each commits, what is sold at a price."""

    order: tuple[int, ...]
    at: tuple[str, ...]
    show: int
    capacity: int
    price: int
    guests: tuple[int, ...]
    orders: tuple[int, ...]


def draw_season(random: Random) -> Season:
    """Draw an order of the apps, some guests beside Mara, and some orders that are there."""
    show, *orders = random.sample(range(100, 1_000), random.randint(4, 7))
    guests = (1, *random.sample(range(2, 900), random.randint(1, 3)))
    capacity = len(orders) + random.randint(10, 40)
    order = random.sample(range(len(KINDS)), len(KINDS))
    at = [random.choice(EITHER) if kind.at == "either" else kind.at for kind in KINDS]
    price = random.randint(1_000, 9_000)
    return Season(tuple(order), tuple(at), show, capacity, price, guests, tuple(sorted(orders)))


@asynccontextmanager
async def a_season(case: Season) -> AsyncIterator[Path]:
    """Give a database file that is whole, to be copied while the block runs."""
    engine = make_engine()
    sold = len(case.orders)
    show = {"id": case.show, "title": "The Tempest", "capacity": case.capacity, "sold": sold}
    rows: list[Rows] = [
        (Show, [show]),
        (Guest, [{"id": id, "email": f"guest@{id}.example"} for id in case.guests]),
        (Order, [_order(case, number) for number in case.orders]),
        (Ticket, [{"order_id": number} for number in case.orders]),
        (LedgerEntry, [{"order_id": number, "amount_cents": case.price} for number in case.orders]),
    ]
    await fill(engine, rows)
    await engine.dispose()  # with its last connection the write-ahead log becomes a part of it
    yield Path(str(engine.url.database))


def _order(case: Season, number: int) -> dict[str, Any]:
    guest = case.guests[number % len(case.guests)]
    key = f"before-{number}"
    return {"id": number, "show_id": case.show, "guest_id": guest, "key": key,
            "total_cents": case.price}  # fmt: skip


async def observe_tests(case: Season, tests: Any) -> dict[str, Any]:
    """Let the tests meet each app, and note how each of them ended.

    A right app meets all of them, a wrong one until one of them does not pass. Where one did not
    end, the right apps come next, and nothing comes after one for which it does not end either.
    """
    if not isinstance(tests, list | tuple) or not all(map(callable, tests)):
        return {"no tests": type(tests).__name__}
    seen: dict[str, Any] = {"names": [_name(test, n) for n, test in enumerate(tests, 1)]}
    async with a_season(case) as database:
        to_come = list(case.order)
        while to_come:
            number = to_come.pop(0)
            seen[str(number)] = one = await _met(case, number, tests, database)
            if _unended(one) is not None:
                if KINDS[number].promise == "right":
                    break
                to_come.sort(key=lambda number: KINDS[number].promise != "right")
    return seen


def _name(test: Any, number: int) -> str:
    return str(getattr(test, "__name__", f"test {number}"))


async def _met(case: Season, number: int, tests: Any, database: Path) -> dict[str, Any]:
    kind, ends, seen = KINDS[number], [], Seen()
    for test in tests:
        office = Office(kind, case.at[number], case.show, case.price, seen)
        async with office.on_a_copy_of(database) as app:
            outcome = await attempt(lambda test=test, app=app: test(app), LONG)  # type: ignore[misc]
            if outcome.ended == "timed out":
                await until_idle(PATIENCE)  # requests that were cut off go home first
        ends.append(outcome.as_dict() | {"value": outcome.value and str(outcome.value)})
        ended = ("returned", "raised") if kind.promise == "right" else ("returned",)
        if outcome.ended not in ended:
            break
    return {"ends": ends, **vars(seen)}


def _unended(one: dict[str, Any]) -> int | None:
    """Return which test neither passed nor failed, if one did so."""
    for number, end in enumerate(one["ends"]):
        if end["ended"] not in ("returned", "raised"):
            return number
    return None


def judge_tests(case: Season, seen: dict[str, Any]) -> Iterable[Finding]:
    """Say which test failed for a right app, and which wrong ones passed all of them."""
    if reason := _why_nothing(case, seen):
        yield Nothing(reason)
        return
    unsound = set()
    for number, kind in _kinds(right=True):
        for test, end in zip(seen["names"], seen[str(number)]["ends"], strict=True):
            if end["ended"] == "raised":
                unsound.add(test)
                yield Broken("right", _why_unsound(test, kind, end))
    for number, kind in _kinds(right=False):
        ends = seen[str(number)]["ends"]
        if ends[-1]["ended"] == "returned":
            yield Broken(kind.promise, f"{_survived(kind)} {_asked(kind, seen[str(number)])}")
        elif seen["names"][len(ends) - 1] in unsound:
            yield Unseen(kind.promise)  # who fails for a right app knows nothing of a wrong one


def _kinds(right: bool) -> Iterator[tuple[int, Kind]]:
    for number, kind in enumerate(KINDS):
        if (kind.promise == "right") == right:
            yield number, kind


def _why_nothing(case: Season, seen: dict[str, Any]) -> str | None:
    if "no tests" in seen:
        return (
            f"`tests` is a {seen['no tests']}, and has to be a list of functions: "
            "`tests = [one, another]`, without a call."
        )
    for number, kind in _kinds(right=True):
        one = seen.get(str(number))
        if one and (which := _unended(one)) is not None:
            name = f"`{seen['names'][which]}`, for a right app that {kind.name},"
            told = interruption(one["ends"][which], name)
            return f"{told} {LOCKED}" if one["ends"][which]["ended"] == "timed out" else told
    if any(end["ended"] != "returned" for n in case.order for end in seen[str(n)]["ends"]):
        return None
    if not any(seen[str(number)]["asked"] for number in case.order):
        return "No app was asked for a seat: POST /orders/{key}?guest=1, with a key of your choice."
    return (
        f"Your tests passed for all {len(KINDS)} apps, and {len(list(_kinds(right=False)))} of "
        "them are wrong. What is asserted, and could it ever be false?"
    )


def _why_unsound(test: str, kind: Kind, end: dict[str, Any]) -> str:
    where = f" at {end['where']}" if end["where"] else ""
    error = f"{end['error'].rstrip('.')}{where}"
    return (
        f"`{test}` failed for a right app, one that {kind.name}: {error}. What does it ask for "
        "that was not promised? Until it passes here, its word against others counts for nothing."
    )


CONSEQUENCES = {
    "late": "Who has read its 201 may look and find no order, and there is none if the COMMIT "
    "fails.",
    "oversold": "Two guests who come at the same moment have seen the same free seat.",
    "halves": "When the second one fails, the first one has been stored.",
    "swallowed": "The guest has read 201, and nothing is stored.",
    "twice": "A guest who clicks twice has two seats, and pays for both.",
    "leak": "One evening its pool is empty, and everybody waits.",
}


def _survived(kind: Kind) -> str:
    return f"All your tests passed for an app that {kind.name}. {CONSEQUENCES[kind.promise]}"


def _asked(kind: Kind, one: dict[str, Any]) -> str:
    """Say what was seen of the tests that passed it, or ask what they look at."""
    alone = "None of your tests had two requests on their way at once."
    match kind.promise:
        case "late":
            return "When do your tests look?"
        case "oversold":
            together = "There were two on their way at once: for how many seats, and who counted?"
            return alone if one["at_once"] < 2 else together
        case "halves":
            return "What do your tests let fail, and what do they look at then?"
        case "swallowed":
            refused = "The database did refuse it something; what was looked at after that?"
            nothing = "In your tests the database refused it nothing."
            return refused if one["refused_by_the_database"] else nothing
        case "twice":
            return alone if one["at_once"] < 2 else "Which of your tests counts after that?"
        case _:
            nobody = "None of your tests let it refuse a guest."
            after = "After what do your tests count connections?"
            return after if one["sold_out"] or "refuses" not in kind.name else nobody


SIX_MUTANTS = Exercise(
    id="ch07-ex4",
    title="Six mutants",
    objectives=("late", "leak", "attack"),
    answers=("tests",),
    promises={
        "right": "every test passes for every right app, however it is written",
        "late": "a test fails for an app that answers before its COMMIT",
        "oversold": "a test fails for an app that sells one seat to two guests",
        "halves": "a test fails for an app that stores a part of a purchase",
        "swallowed": "a test fails for an app that says 201 where the database said no",
        "twice": "a test fails for an app that sells two seats to one impatient guest",
        "leak": "a test fails for an app that keeps a connection",
    },
    hints=(
        "Say first what has to be true after any request: the answer and the rows agree, the audit "
        "is content, as many connections are out as before. Then make it hard for the app: when "
        "could it be untrue?",
        "Four things that no guest does who comes alone and behaves: to come at the same moment as "
        "another one, to click twice, to be nobody, and to come when a COMMIT fails. Most tests "
        "are one of them, and then a look.",
    ),
    draw=draw_season,
    observe=observe_tests,
    judge=judge_tests,
    own_connections=True,
)
