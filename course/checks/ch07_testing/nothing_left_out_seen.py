"""What is seen of the block of ch07-ex3: tests in it, what they left out, and who listens."""

import contextlib
import gc
import logging
import warnings
import weakref
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.engine.events import ConnectionEvents, DialectEvents
from sqlalchemy.event import Events
from sqlalchemy.exc import SAWarning
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession
from sqlalchemy.pool.events import PoolEvents

from course.checking.attempts import attempt
from course.checks.ch07_testing.fixtures import BLUE, Failed, GivenUp, as_pytest_would, what_it_is
from lantern.theatre import make_engine

ONE = text("SELECT 1")


@dataclass(frozen=True)
class Counter:
    """A pool of so many connections, and how many of them a test takes at once, or leaves out."""

    pool: int
    at_once: int
    left: int


def draw_counter(random: Random) -> Counter:
    """Draw a small pool, a test that needs more than it has, and one that leaves one or two."""
    pool = random.randint(2, 3)
    return Counter(pool, pool + random.randint(1, 2), random.randint(1, 2))


class Hands:
    """Who holds what: `kept` is held by somebody until the observation ends."""

    def __init__(self, engine: AsyncEngine, another: AsyncEngine) -> None:
        self.engine = engine
        self.another = another
        self.kept: list[AsyncConnection | AsyncSession] = []
        self.dropped: list[weakref.ref[Connection]] = []

    async def take(self, count: int) -> None:
        """Take connections, which somebody goes on holding."""
        for number in range(count):
            if number % 2:
                session = AsyncSession(self.engine)
                await session.execute(ONE)
                self.kept.append(session)
            else:
                self.kept.append(await self.engine.connect())

    async def use(self, count: int) -> None:
        """Take connections at once, and give all of them back."""
        async with contextlib.AsyncExitStack() as stack:
            for _ in range(count):
                connection = await stack.enter_async_context(self.engine.connect())
                await connection.execute(ONE)

    async def drop(self) -> None:
        """Take a connection that nobody holds when this returns."""
        connection = await self.engine.connect()
        await connection.execute(ONE)
        assert connection.sync_connection is not None
        self.dropped.append(weakref.ref(connection.sync_connection))

    async def close(self) -> None:
        """Give back what somebody holds, and what the answer has kept from the collector."""
        for one in self.kept:
            await one.close()
        for reference in self.dropped:
            if connection := reference():
                await AsyncConnection(self.engine, connection).close()


Act = Callable[[Hands], Awaitable[None]]


async def observe_nothing_left_out(case: Counter, nothing_left_out: Any) -> dict[str, Any]:
    """Run tests in the block that leave something out, and tests that do not."""

    async def leaves(hands: Hands) -> None:
        await hands.use(case.at_once)
        await hands.take(case.left)
        await hands.use(1)

    async def uses(hands: Hands) -> None:
        await hands.use(case.at_once)

    async def drops(hands: Hands) -> None:
        await hands.use(1)
        await hands.drop()
        gc.collect()
        for _ in range(case.pool):  # one of them is what the pool made in its place
            await hands.use(1)

    async def takes_one_more(hands: Hands) -> None:
        await hands.take(1)

    async def leaves_elsewhere(hands: Hands) -> None:
        hands.kept.append(await hands.another.connect())

    async def fails(hands: Hands) -> None:
        await hands.use(1)
        raise Failed(BLUE)

    async def fails_and_leaves(hands: Hands) -> None:
        await hands.take(case.left)
        raise GivenUp(BLUE)

    async def all_of_them(hands: Hands) -> None:
        await hands.take(case.pool)

    async def nobody(hands: Hands) -> None:
        """Nobody holds anything when the block begins."""

    plans: dict[str, tuple[Act, Act]] = {
        "uses": (nobody, uses),
        "leaves": (nobody, leaves),
        "beyond the pool": (all_of_them, takes_one_more),
        "drops": (nobody, drops),
        "beside others": (all_of_them, uses),
        "elsewhere": (nobody, leaves_elsewhere),
        "fails": (nobody, fails),
        "fails and leaves": (nobody, fails_and_leaves),
    }
    seen: dict[str, Any] = {}
    with _unprinted():
        for name, (before, test) in plans.items():
            seen |= await _tried(case, nothing_left_out, name, before, test, uses)
    return seen


@contextlib.contextmanager
def _unprinted() -> Iterator[None]:
    """Let SQLAlchemy tell of a connection that is collected whoever listens, and nobody else.

    It logs an error and warns: beside the verdict of a right answer that would be an alarm.
    """
    pool, nowhere = logging.getLogger("sqlalchemy.pool"), logging.NullHandler()

    def show(message: Warning | str, category: type[Warning], *where: Any, **more: Any) -> None:
        if not issubclass(category, SAWarning):
            shown(message, category, *where, **more)

    pool.addHandler(nowhere)
    with warnings.catch_warnings():
        shown, warnings.showwarning = warnings.showwarning, show
        try:
            yield
        finally:
            pool.removeHandler(nowhere)


async def _tried(
    case: Counter, answer: Any, name: str, before: Act, test: Act, after: Act
) -> dict[str, Any]:
    """Run a test in a block, and one that leaves nothing in the next block."""
    gc.collect()  # what was dropped before is no business of this test
    engine = make_engine(pool_size=case.pool, max_overflow=10)
    hands = Hands(engine, make_engine())
    await hands.use(case.pool)  # a pool that has been in use, as in the middle of a run
    await before(hands)
    try:
        seen = {name: await _in_a_block(answer, hands, test)}
        if name == "leaves":
            seen["the next"] = await _in_a_block(answer, hands, after)
        return seen
    finally:
        await hands.close()
        await engine.dispose()
        await hands.another.dispose()


async def _in_a_block(answer: Any, hands: Hands, test: Act) -> dict[str, Any]:
    notes: dict[str, Any] = {"kind": "", "asserted": False}
    before = _listeners(hands.engine)

    async def run() -> None:
        made = answer(hands.engine)
        notes["kind"] = what_it_is(made)
        if not notes["kind"]:
            try:
                async with as_pytest_would(made):
                    await test(hands)
            except AssertionError:
                notes["asserted"] = True
                raise

    outcome = await attempt(run)
    after = _listeners(hands.engine)
    notes["listens"] = sorted(name for name in after if after[name] != before[name])
    return {**outcome.as_dict(), "value": None, **notes}


def _listeners(engine: AsyncEngine) -> dict[str, list[Any]]:
    """Return who listens to each event of the engine, of its pool and of its dialect."""
    sync = engine.sync_engine
    heard: tuple[tuple[Any, type[Events[Any]]], ...] = (
        (sync, ConnectionEvents),
        (sync.pool, PoolEvents),
        (sync.dialect, DialectEvents),
    )
    return {
        name: list(getattr(target.dispatch, name))
        for target, events in heard
        for name in dir(events)
        if not name.startswith("_") and name != "dispatch"
    }
