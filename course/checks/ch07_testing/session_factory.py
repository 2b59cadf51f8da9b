"""ch07-ex1: sessions that commit, and a test that leaves nothing behind."""

import contextlib
import sqlite3
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from sqlalchemy import delete, event, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from course.checking.attempts import attempt, interruption
from course.checking.exercise import Broken, Exercise, Finding, Nothing
from course.checks.ch07_testing.fixtures import GivenUp, as_pytest_would, kept_open, what_it_is
from course.checks.sessions import Rows, fill
from lantern.pool import connections_in_use
from lantern.theatre import Guest, Order, Show, make_engine

Notes = dict[str, Any]
Rehearsal = Callable[["Ledger", Any, Notes], Awaitable[None]]


BLUE = "the seats are blue"


class Failed(AssertionError):
    """What a hidden test raises that is meant to fail."""


@dataclass(frozen=True)
class Ledger:
    """A show, a guest, the keys of orders that are there before any test, and of new ones."""

    show: int
    guest: int
    there: tuple[str, ...]
    new: tuple[str, ...]

    def order(self, number: int) -> Order:
        """Return a new order, with one of the keys that are not there."""
        return Order(show_id=self.show, guest_id=self.guest, key=self.new[number], total_cents=0)


def draw_ledger(random: Random) -> Ledger:
    """Draw ids that are no counts, two to four orders that are there, and three new ones."""
    show, guest = random.sample(range(100, 1_000), 2)
    keys = [f"{key:04x}" for key in random.sample(range(0x1000, 0xFFFF), 7)]
    there = random.randint(2, 4)
    return Ledger(show, guest, tuple(sorted(keys[:there])), tuple(keys[-3:]))


async def _keys(session_factory: Any) -> list[str]:
    async with session_factory() as session:
        return list(await session.scalars(select(Order.key).order_by(Order.key)))


async def sells(case: Ledger, session_factory: Any, notes: Notes) -> None:
    """Store an order, be refused a second one, and store another."""
    notes["found"] = await _keys(session_factory)
    async with session_factory() as session:
        session.add(case.order(0))
        await session.commit()
    notes["committed"] = await _keys(session_factory)
    async with session_factory() as session:
        session.add(case.order(0))
        try:
            await session.commit()
        except IntegrityError:
            await session.rollback()
    notes["refused"] = await _keys(session_factory)
    async with session_factory() as session:
        session.add(case.order(1))
        await session.commit()


async def looks(case: Ledger, session_factory: Any, notes: Notes) -> None:
    """Look what is there, take an order away, count a seat and add a guest."""
    notes["found"] = await _keys(session_factory)
    async with session_factory() as session:
        await session.execute(delete(Order).where(Order.key == case.there[0]))
        await session.execute(update(Show).values(sold=Show.sold + 1))
        session.add(Guest(email="teo@lantern.example"))
        await session.commit()


async def undoes(case: Ledger, session_factory: Any, notes: Notes) -> None:
    """Roll back, commit and roll back in one session; leave an order without a commit."""
    notes["found"] = await _keys(session_factory)
    async with session_factory() as session:
        session.add(case.order(0))
        await session.flush()
        await session.rollback()
        session.add(case.order(1))
        await session.commit()
        session.add(case.order(2))
        await session.flush()
        await session.rollback()
    notes["undone"] = await _keys(session_factory)
    async with session_factory() as session:
        session.add(case.order(2))
        await session.flush()
    notes["left"] = await _keys(session_factory)


async def opens_two(case: Ledger, session_factory: Any, notes: Notes) -> None:
    """Open two sessions at once, as two requests do, and meet an error."""
    notes["found"] = await _keys(session_factory)
    async with session_factory() as first, session_factory() as second:
        notes["same"] = first is second or getattr(first, "sync_session", first) is getattr(
            second, "sync_session", second
        )
    raise LookupError(BLUE)


async def fails(case: Ledger, session_factory: Any, notes: Notes) -> None:
    """Store an order, and fail."""
    await _stores(case, session_factory, notes)
    raise Failed(BLUE)


async def gives_up(case: Ledger, session_factory: Any, notes: Notes) -> None:
    """Store an order, and end as a test does that calls pytest.fail or pytest.skip."""
    await _stores(case, session_factory, notes)
    raise GivenUp(BLUE)


async def _stores(case: Ledger, session_factory: Any, notes: Notes) -> None:
    notes["found"] = await _keys(session_factory)
    async with session_factory() as session:
        session.add(case.order(0))
        await session.commit()


# Each on a database of its own, by what it tells: first one test, then the other.
PLANS: dict[str, Sequence[Rehearsal]] = {
    "a sale first": (sells, looks),
    "a look first": (looks, sells),
    "a rollback": (undoes, looks),
    "a failure": (fails, looks),
    "two at once": (opens_two, looks),
    "an end": (gives_up, looks),
}


async def observe_session_factory(case: Ledger, session_factory: Any) -> dict[str, Any]:
    """Run hidden tests, two by two, and look into the file after each."""
    return {name: await _rehearsed(case, session_factory, plan) for name, plan in PLANS.items()}


async def _rehearsed(case: Ledger, answer: Any, plan: Sequence[Rehearsal]) -> list[Notes]:
    engine = make_engine()
    event.listen(engine.sync_engine, "connect", _wait_for_nobody)
    rows: list[Rows] = [
        (Show, [{"id": case.show, "title": "The Tempest", "capacity": 120}]),
        (Guest, [{"id": case.guest, "email": "mara@lantern.example"}]),
        (Order, [_row(case, key) for key in case.there]),
    ]
    async with kept_open(engine):
        await fill(engine, rows)
        return [await _test(case, engine, answer, test) for test in plan]


def _wait_for_nobody(connection: Any, record: Any) -> None:
    connection.execute("PRAGMA busy_timeout=0")


def _row(case: Ledger, key: str) -> dict[str, Any]:
    return {"show_id": case.show, "guest_id": case.guest, "key": key, "total_cents": 0}


async def _test(case: Ledger, engine: AsyncEngine, answer: Any, test: Rehearsal) -> Notes:
    notes: Notes = {}

    async def run() -> None:
        made = answer(engine)
        if kind := what_it_is(made):
            notes["kind"] = kind
        else:
            async with as_pytest_would(made) as given:
                if not callable(given):
                    notes["given"] = type(given).__name__
                else:
                    await test(case, given, notes)

    outcome = await attempt(run)
    return {
        "outcome": outcome.as_dict(),
        **notes,
        "out": connections_in_use(engine),
        "stored": _stored(engine),
    }


def _stored(engine: AsyncEngine) -> dict[str, list[Any]]:
    """Return what another program reads: keys of orders, addresses of guests, what is sold."""
    columns = {"orders": "key", "guests": "email", "shows": "sold"}
    with contextlib.closing(sqlite3.connect(str(engine.url.database))) as other:
        return {
            table: [value for (value,) in other.execute(f"SELECT {column} FROM {table} ORDER BY 1")]
            for table, column in columns.items()
        }


def judge_session_factory(case: Ledger, seen: dict[str, Any]) -> Iterable[Finding]:
    """Say which promises were not kept, and what was observed."""
    if reason := _why_nothing(seen):
        yield Nothing(reason)
        return
    sale, undone = seen["a sale first"][0], seen["a rollback"][0]
    lost = _why_lost(case, sale)
    problems = (
        ("seen", _why_not_seen(case, sale)),
        ("kept", lost or _why_lost_at_once(case, sale, undone)),
        ("undone", _why_not_undone(case, undone, lost is None)),
        ("own", _why_not_its_own(seen["two at once"][0])),
        ("clean", _why_not_clean(case, seen, lost is None)),
        ("back", _why_not_back(seen)),
        ("told", _why_not_told(seen)),
    )
    for promise, problem in problems:
        if problem:
            yield Broken(promise, problem)


def _why_nothing(seen: dict[str, Any]) -> str | None:
    first = seen["a look first"][0]
    if "kind" in first:
        return (
            f"session_factory(engine) returned {first['kind']}. It is an async generator with one "
            "`yield`, as a fixture is, or that with `@asynccontextmanager`."
        )
    if "given" in first:
        return (
            f"What it yielded is of the type {first['given']}, and cannot be called. Tests and "
            "app want a factory: `async with Session() as session`."
        )
    return interruption(first["outcome"], "A test that looks what is there and deletes an order")


def _why_not_seen(case: Ledger, sale: Notes) -> str | None:
    if "committed" in sale and case.new[0] in sale["committed"]:
        return None
    if "committed" not in sale:
        return interruption(sale["outcome"], "A test that stores an order")
    return (
        "One session of the test committed an order, and the next session did not see it. Both "
        "have to be on the one connection whose transaction is rolled back in the end, and a "
        "commit has to end the session's own part of it."
    )


def _why_lost(case: Ledger, sale: Notes) -> str | None:
    if case.new[0] not in sale.get("committed", ()):
        return None  # there was nothing to lose
    if "refused" not in sale:
        return interruption(sale["outcome"], "A test in which a second order is refused")
    if case.new[0] in sale["refused"]:
        return interruption(sale["outcome"], "A test that goes on after a rollback")
    leaked = [key for key in sale["stored"]["orders"] if key in case.new]
    then = (
        f" What it committed after that was committed for good: {len(leaked)} row leaked."
        if leaked
        else ""
    )
    mine = [key for key in sale["refused"] if key in case.new]
    return (
        "An order was committed, a second one refused, and the app's rollback took the first one "
        f"back as well: it then saw {len(mine)} rows of its own.{then} How does a session join a "
        "transaction that others have begun?"
    )


def _why_lost_at_once(case: Ledger, sale: Notes, undone: Notes) -> str | None:
    if case.new[0] not in sale.get("committed", ()) or case.new[1] in undone.get(
        "undone", case.new
    ):
        return None
    return (
        "A session committed an order, went on and rolled back, and the order was gone: what was "
        "committed is to stay, whatever the same session does after it."
    )


def _why_not_undone(case: Ledger, undone: Notes, kept: bool) -> str | None:
    if "undone" not in undone:
        reason = interruption(undone["outcome"], "A test that rolls back and goes on")
        return reason if kept else None
    if {case.new[0], case.new[2]} & set(undone["undone"]):
        return (
            "A session flushed an order and rolled it back, stored another one, and both were "
            "there: the app's rollback has to take back what is not committed, in a test as well."
        )
    if kept and case.new[2] in undone.get("left", ()):
        return (
            "A session flushed an order and was closed without a commit, and the order was there: "
            "an app that forgets to commit would pass its tests."
        )
    return None


def _why_not_its_own(two: Notes) -> str | None:
    if not two.get("same"):
        return None
    return (
        "Called twice, the factory gave the same session both times. Two requests have a session "
        "each; a test that lends them one hides what they do not share."
    )


def _why_not_clean(case: Ledger, seen: dict[str, Any], kept: bool) -> str | None:
    there = list(case.there)
    for name, (first, second) in seen.items():
        # What leaks after a rollback that ended everything has been told.
        unsafe = () if kept else (sells, undoes)
        if PLANS[name][0] in unsafe:
            continue
        for number, test in enumerate((first, second)):
            if PLANS[name][number] in unsafe:
                continue
            if told := _why_changed(there, test["stored"]["orders"]):
                return f"After {_word(name, number)} {told}"
            if test["stored"]["guests"] != ["mara@lantern.example"]:
                return f"After {_word(name, number)} a guest was there who had not been there."
            if test["stored"]["shows"] != [0]:
                return f"After {_word(name, number)} what was `sold` had changed."
        found = second.get("found")
        if found is None:
            return interruption(second["outcome"], f"The test after {_word(name, 0)}")
        if told := _why_changed(there, found):
            return f"The test after {_word(name, 0)} found that {told}"
    return None


def _word(name: str, number: int) -> str:
    words: dict[Rehearsal, str] = {
        sells: "a test that sells",
        looks: "a test that deletes an order, adds a guest and counts a seat",
        undoes: "a test that rolls back",
        opens_two: "a test that reads and meets an error",
        fails: "a test that fails",
        gives_up: "a test that ends by what is no `Exception`, as `pytest.fail` and `pytest.skip` "
        "raise it,",
    }
    return words[PLANS[name][number]]


def _why_changed(there: list[str], found: list[str]) -> str | None:
    more, gone = set(found) - set(there), set(there) - set(found)
    rows = "1 row" if len(more or gone) == 1 else f"{len(more or gone)} rows"
    if more:
        return f"{rows} leaked into the database: the next test would find what this one stored."
    if gone:
        return f"{rows} of those that had been there before any test were gone."
    return None


def _why_not_back(seen: dict[str, Any]) -> str | None:
    for name, tests in seen.items():
        for number, test in enumerate(tests):
            if test["out"]:
                was = "1 connection was" if test["out"] == 1 else f"{test['out']} connections were"
                return (
                    f"After {_word(name, number)} {was} still out of the engine's pool. Whatever "
                    "gives it back must also run when the test fails."
                )
    return None


def _why_not_told(seen: dict[str, Any]) -> str | None:
    due = {"a failure": f"Failed: {BLUE}", "two at once": f"LookupError: {BLUE}",
           "an end": f"GivenUp: {BLUE}"}  # fmt: skip
    for name, error in due.items():
        outcome = seen[name][0]["outcome"]
        if outcome["ended"] == "returned":
            return (
                f"After {_word(name, 0)} nothing was told: its error went no further, and pytest "
                "would show it green."
            )
        if outcome["ended"] == "raised" and outcome["error"] != error:
            return (
                f"A test failed with its own error, {error}, and what came out was another one: "
                f"{outcome['error'].rstrip('.')}. Whoever reads the report looks for the wrong one."
            )
    return None


SESSION_FACTORY = Exercise(
    id="ch07-ex1",
    title="A stage that is struck by itself",
    objectives=("isolate",),
    answers=("session_factory",),
    promises={
        "seen": "what one session commits, the next session of the same test sees",
        "kept": "an app that is refused something and rolls back loses nothing it had committed",
        "undone": "what a session rolls back, or leaves without a commit, is gone in the test too",
        "own": "each call of the factory is a session of its own",
        "clean": "the next test finds what the first one found, in either order, and after a "
        "failure too",
        "back": "after each test the connection is back in the pool",
        "told": "the error of a test that fails reaches whoever runs it",
    },
    hints=(
        "One connection, one transaction on it that the fixture rolls back, and a factory whose "
        "sessions are bound to that connection.",
        "What a session's commit and rollback do to a transaction that it did not begin is said by "
        '`join_transaction_mode`. With "create_savepoint" they end a savepoint of its own.',
    ),
    draw=draw_ledger,
    observe=observe_session_factory,
    judge=judge_session_factory,
    own_connections=True,
)
