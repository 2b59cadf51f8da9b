"""ch07-ex3: a test that fails when it leaves a connection out."""

import contextlib
import gc
import logging
import warnings
import weakref
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.engine.events import ConnectionEvents, DialectEvents
from sqlalchemy.event import Events
from sqlalchemy.exc import SAWarning
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession
from sqlalchemy.pool.events import PoolEvents

from course.checking.attempts import attempt, interruption
from course.checking.exercise import Broken, Exercise, Finding, Nothing, Unseen
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


def judge_nothing_left_out(case: Counter, seen: dict[str, Any]) -> Iterable[Finding]:
    """Say which tests were judged wrongly, and what each of them had done."""
    if reason := _why_nothing(seen):
        yield Nothing(reason)
        return
    if problem := _why_alarmed(case, seen):
        yield Broken("clean", problem)
    if problem := _why_not_told(case, seen):
        yield Broken("told", problem)
    if problem := _why_listening(seen):
        yield Broken("gone", problem)
    if _raised(seen["uses"]):  # who alarms at every test has seen nothing in those that leave one
        yield from map(Unseen, ("out", "overflow", "dropped"))
        return
    if not _raised(seen["leaves"]):
        were = "1 connection was" if case.left == 1 else f"{case.left} connections were"
        yield Broken(
            "out",
            f"A test left, and {were} still out, held by somebody: the block ended without an "
            "error. `pool.size()` is how many the pool may keep, and what is held is not garbage.",
        )
        yield from map(Unseen, ("overflow", "dropped"))  # they are harder to see
        return
    if not seen["leaves"]["asserted"]:
        yield Broken(
            "out",
            f"A test left a connection out, and the block raised {seen['leaves']['error']}. An "
            "AssertionError is due: a test that has failed, and no fixture that is broken.",
        )
    if not _raised(seen["beyond the pool"]):
        yield Broken(
            "overflow",
            f"All {case.pool} connections of the pool were in use by others, a test took one more "
            "from its overflow and left it out: the block ended without an error. Of those, the "
            "pool keeps none to count.",
        )
    if not _raised(seen["drops"]):
        yield Broken(
            "dropped",
            "A test took a connection, and let go of it without closing it: the block ended "
            "without an error. The garbage collector had taken it by then, so at the end none is "
            "out; in an app it comes at no certain time. What can see it when it is taken?",
        )


def _raised(block: dict[str, Any]) -> bool:
    return bool(block["ended"] == "raised")


def _why_nothing(seen: dict[str, Any]) -> str | None:
    first = seen["uses"]
    if first["kind"]:
        return (
            f"nothing_left_out(engine) returned {first['kind']}. It is an async generator with "
            "one `yield`, as a fixture is, or that with `@asynccontextmanager`."
        )
    for block in seen.values():
        if block["ended"] not in ("returned", "raised"):
            return interruption(block, "nothing_left_out")
    return None


def _why_alarmed(case: Counter, seen: dict[str, Any]) -> str | None:
    told = {
        "uses": f"A test used {case.at_once} connections at once and gave all of them back",
        "beside others": f"Others held {case.pool} connections from before; the test gave back all "
        "that it took",
        "elsewhere": "A test left a connection of another engine out, and none of this one's",
        "the next": "One test left a connection out, and the next one gave back all that it took",
    }
    for name, what in told.items():
        if _raised(seen[name]):
            error = seen[name]["error"].rstrip(".")
            return f"{what}: the block raised {error}. Blame who has done it, and nobody else."
    return None


def _why_not_told(case: Counter, seen: dict[str, Any]) -> str | None:
    left = {
        "fails": ("left nothing out", f"Failed: {BLUE}"),
        "fails and leaves": (f"left {case.left} out as well", f"GivenUp: {BLUE}"),
    }
    for name, (also, due) in left.items():
        block = seen[name]
        if not _raised(block):
            return (
                f"A test failed inside of the block and {also}, and its error went no further: "
                "pytest would show it green."
            )
        if block["error"] != due:
            return (
                f"A test failed and {also}, and what came out was not its own error, {due}: "
                f"{block['error'].rstrip('.')}. (`pytest.fail` raises what is no `Exception`, and "
                "so does GivenUp.)"
            )
    return None


def _why_listening(seen: dict[str, Any]) -> str | None:
    for name, block in seen.items():
        if block["listens"]:
            events = " and ".join(f"`{event}`" for event in block["listens"])
            how = "failed" if name.startswith("fails") else "passed"
            return (
                f"The block was over, of a test that {how} by itself, and what you had put on "
                f"{events} still listened. The engine calls it for every test that follows, and "
                "what it keeps is kept. Who takes it away, also when the test fails?"
            )
    return None


NOTHING_LEFT_OUT = Exercise(
    id="ch07-ex3",
    title="Nothing is left out",
    objectives=("leak",),
    answers=("nothing_left_out",),
    promises={
        "out": "a test that leaves a connection out fails",
        "overflow": "so does one that leaves out a connection beyond the pool's size",
        "dropped": "so does one that lets go of a connection without closing it",
        "clean": "a test that gives back what it took passes, whatever others hold, or left before",
        "told": "the error of a test that fails reaches whoever runs it",
        "gone": "when the block is over nothing of it listens to the engine, pass or fail",
    },
    hints=(
        "`pool.checkedout()` counts those beyond the pool's size as well, and what others hold: "
        "compare two moments. What was dropped and collected it does not count any more.",
        "The engine tells of each connection that is taken, by the event `engine_connect`. Whoever "
        "keeps it can ask it at the end whether it is `closed`, and keeps the garbage collector "
        "from it.",
    ),
    draw=draw_counter,
    observe=observe_nothing_left_out,
    judge=judge_nothing_left_out,
)
