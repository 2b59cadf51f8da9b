"""What is seen of ch07-ex1: hidden tests, two by two, and the database after each."""

import contextlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import delete, event, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from course.checking.attempts import attempt
from course.checks.ch07_testing.fixtures import (
    BLUE,
    Failed,
    GivenUp,
    as_pytest_would,
    house,
    kept_open,
    what_it_is,
)
from course.checks.sessions import beside, fill, patience_with
from lantern.pool import connections_in_use
from lantern.theatre import Guest, Order, Show, make_engine

Notes = dict[str, Any]
Rehearsal = Callable[["Ledger", Any, Notes], Awaitable[None]]


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


async def observe_session_factory(
    case: Ledger, session_factory: Any, url: str = ""
) -> dict[str, Any]:
    """Run hidden tests, two by two, and look into the database after each."""
    if not url:
        return await _seen(case, session_factory)
    # Who opens SQLite's file by the database's name makes one.
    with TemporaryDirectory() as folder, contextlib.chdir(folder):
        return await _seen(case, session_factory, url)


async def _seen(case: Ledger, session_factory: Any, url: str = "") -> dict[str, Any]:
    return {
        name: await _rehearsed(case, session_factory, plan, url) for name, plan in PLANS.items()
    }


async def _rehearsed(case: Ledger, answer: Any, plan: Sequence[Rehearsal], url: str) -> list[Notes]:
    engine = make_engine(url or None)
    if not url:
        event.listen(engine.sync_engine, "connect", _wait_for_nobody)
    async with kept_open(engine):
        await fill(engine, house(case.show, case.guest, case.there), anew=True)
        return [await _test(case, engine, answer, test) for test in plan]


def _wait_for_nobody(connection: Any, record: Any) -> None:
    connection.execute("PRAGMA busy_timeout=0")


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

    outcome = await attempt(run, patience_with(engine))
    return {
        "outcome": outcome.as_dict(),
        **notes,
        "out": connections_in_use(engine),
        "stored": _stored(engine),
    }


def _stored(engine: AsyncEngine) -> dict[str, list[Any]]:
    """Return what another program reads: keys of orders, addresses of guests, what is sold."""
    columns = {"orders": Order.key, "guests": Guest.email, "shows": Show.sold}
    others = beside(engine)
    with others.connect() as other:
        stored = {
            name: list(other.scalars(select(column).order_by(column)))
            for name, column in columns.items()
        }
    others.dispose()
    return stored
