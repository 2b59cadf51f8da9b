"""ch07-ex2: a test that sees when an order is stored, and not only whether."""

import asyncio
import contextlib
import inspect
import logging
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from functools import partial
from random import Random
from typing import Annotated, Any

from fastapi import BackgroundTasks, Depends, FastAPI, Request
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from sqlalchemy.orm import Session

from course.checking.attempts import attempt, interruption
from course.checking.exercise import Broken, Exercise, Finding, Nothing, Unseen
from course.checks.ch07_testing.fixtures import house, kept_open
from course.checks.ch07_testing.meanwhile import when_this_thread_sleeps, while_somebody_waits
from course.checks.sessions import fill
from lantern.pool import connections_in_use
from lantern.theatre import Order, Show, make_engine, make_sync_engine

SLOW = 0.1  # seconds that an app takes which is in no hurry
THEATRE = logging.getLogger("theatre")


@dataclass(frozen=True)
class Kind:
    """How an app stores its order; `wanted` is whether a test of it has to pass, and `promise` why.

    `at` is where it commits: in the endpoint, in a dependency of the scope of its name, in a
    background task, nowhere, or in a task of its own, as soon as somebody waits.
    """

    name: str
    promise: str
    wanted: bool
    at: str
    slow: str = ""
    commits_first: bool = False
    commits_later: bool = False
    reads_between: bool = False
    says_so: bool = True


KINDS = (
    Kind("commits in a dependency of function scope", "fixed", True, "function", says_so=False),
    Kind("commits in its endpoint", "fixed", True, "endpoint"),
    Kind("takes its time and then commits in its endpoint", "fixed", True, "endpoint", "before"),
    Kind("commits in its endpoint and writes a long mail after it", "fixed", True, "endpoint",
         "after", says_so=False),
    Kind("commits in a dependency of the default scope", "late", False, "request"),
    Kind("commits in a background task", "late", False, "background"),
    Kind("leaves its order to a task that it does not wait for", "late", False, "task"),
    Kind("flushes its order and never commits", "never", False, "nowhere"),
    Kind("commits its order in time, another one then, and one after the answer", "other", True,
         "endpoint", commits_later=True),
    Kind("commits another order first, and its own after the answer", "other", False,
         "request", commits_first=True),
    Kind("flushes its order, reads in a session of its own, and commits after the answer", "other",
         False, "request", reads_between=True),
)  # fmt: skip


@dataclass(frozen=True)
class Season:
    """The order in which a test meets the apps, what an order costs, and the rows before it."""

    order: tuple[int, ...]
    show: int
    guest: int
    there: tuple[str, ...]
    cents: int
    flushes: bool


def draw_season(random: Random) -> Season:
    """Draw an order of the apps, ids that are no counts, and some orders that are there."""
    show, guest = random.sample(range(100, 1_000), 2)
    keys = [f"{key:05x}" for key in random.sample(range(0x10000, 0xFFFFF), random.randint(2, 4))]
    order = random.sample(range(len(KINDS)), len(KINDS))
    return Season(
        tuple(order), show, guest, tuple(keys), random.randint(1, 9_000), random.random() < 0.5
    )


class Watch:
    """What became of an app: was it opened and closed, was it asked, what was out at its end.

    `others` counts the orders that it has stored beside those that were asked for, `stored_later`
    those that a task of its own has stored.
    """

    def __init__(self) -> None:
        self.opened = self.closed = self.asked = self.others = self.out = self.stored_later = 0
        self.houses: list[Any] = []  # kept: a generator that nobody holds would be closed
        self.tasks: list[asyncio.Task[None]] = []
        self.due: Order | None = None  # what a task of its own has to store

    def store(self, app: FastAPI) -> None:
        """Store what is due, without the loop."""
        order, self.due = self.due, None
        if order:
            engine = make_sync_engine(app.state.engine.url.set(drivername="sqlite"))
            with Session(engine) as session, session.begin():
                session.add(order)
            engine.dispose()
            self.stored_later += 1

    async def close(self) -> None:
        """End what the test did not end."""
        if self.opened > self.closed:
            for house in self.houses:
                await attempt(lambda house=house: house.__aexit__(None, None, None))  # type: ignore[misc]

    def as_dict(self) -> dict[str, int]:
        """Return plain data for a judge."""
        return {name: count for name, count in vars(self).items() if isinstance(count, int)}


@contextlib.asynccontextmanager
async def _open(case: Season, app: FastAPI, watch: Watch) -> AsyncIterator[None]:
    engine = make_engine()
    async with kept_open(engine):
        await fill(engine, house(case.show, case.guest, case.there))
        app.state.engine = engine
        app.state.session = async_sessionmaker(engine, expire_on_commit=False)
        watch.opened += 1
        try:
            yield
        finally:
            for task in watch.tasks:
                task.cancel()
            await asyncio.gather(*watch.tasks, return_exceptions=True)
            watch.closed += 1
            watch.out = connections_in_use(engine)


def make_app(case: Season, kind: Kind, watch: Watch) -> FastAPI:
    """Return an app with POST /orders/{key}, which stores its order as this kind does."""

    def open_house(app: FastAPI) -> Any:
        watch.houses.append(_open(case, app, watch))
        return watch.houses[-1]

    def an_order(key: str) -> Order:
        cents = case.cents if kind.says_so else 0
        return Order(show_id=case.show, guest_id=case.guest, key=key, total_cents=cents)

    app = FastAPI(lifespan=open_house)
    scope: Any = "function" if kind.at == "function" else "request"

    async def get_session(request: Request) -> AsyncIterator[AsyncSession]:
        async with request.app.state.session() as session:
            yield session
            if kind.at in ("function", "request"):
                await session.commit()

    async def add_another() -> None:
        async with app.state.session.begin() as session:
            watch.others += 1
            session.add(an_order(f"another-{watch.others}"))

    async def commit_later(session: AsyncSession) -> None:
        await session.commit()

    async def store_meanwhile() -> None:
        async with while_somebody_waits():
            watch.store(app)

    @app.post("/orders/{key}", status_code=201)
    async def place_order(
        key: str,
        session: Annotated[AsyncSession, Depends(get_session, scope=scope)],
        background: BackgroundTasks,
    ) -> dict[str, str] | None:
        watch.asked += 1
        if kind.commits_first:
            await add_another()
        if kind.at == "task":
            watch.due = an_order(key)
            watch.tasks.append(asyncio.create_task(store_meanwhile()))
        else:
            session.add(an_order(key))
        if case.flushes or kind.at == "nowhere" or kind.reads_between:
            await session.flush()
        if kind.reads_between:
            async with app.state.session.begin() as another:
                await another.get_one(Show, case.show)
        if kind.slow == "before":
            await asyncio.sleep(SLOW)
        if kind.at == "endpoint":
            await session.commit()
        if kind.commits_later:
            await add_another()
        if kind.says_so:
            THEATRE.info("order %s is stored", key)
        if kind.at == "background":
            background.add_task(commit_later, session)
        if kind.slow == "after":
            background.add_task(asyncio.sleep, SLOW)
        if kind.commits_later:
            background.add_task(add_another)
        return {"key": key} if kind.says_so else None

    return app


async def observe_a_test(case: Season, stored_when_it_is_said: Any) -> dict[str, Any]:
    """Let the test meet each app, and note how it ended."""
    seen = {}
    names = getattr(inspect.unwrap(stored_when_it_is_said), "__globals__", {})
    for number in case.order:
        watch = Watch()
        app = make_app(case, KINDS[number], watch)
        with when_this_thread_sleeps(partial(watch.store, app), names):
            outcome = await attempt(partial(stored_when_it_is_said, app))
        ended = outcome.as_dict() | {"value": repr(outcome.value)[:40]}
        seen[str(number)] = {"outcome": ended, **watch.as_dict()}
        await watch.close()
    return seen


def judge_a_test(case: Season, seen: dict[str, Any]) -> Iterable[Finding]:
    """Say which apps were judged wrongly, and what each of them does."""
    if reason := _why_nothing(case, seen):
        yield Nothing(reason)
        return
    met = {kind: seen[str(number)] for number, kind in enumerate(KINDS)}
    outcomes = {kind: one["outcome"] for kind, one in met.items()}
    problems = {kind: _why_misjudged(kind, one) for kind, one in met.items()}
    plain = {kind.promise: problem for kind, problem in problems.items() if problem}
    for kind, problem in problems.items():
        if not problem:
            continue
        # Who judges the plain apps wrongly is told so, and no more of those that do more.
        if kind.promise == "other" and ("fixed" if kind.wanted else "late") in plain:
            yield Unseen("other")
        else:
            yield Broken("never" if _never_stored(kind, met[kind]) else kind.promise, problem)
    # Whoever says the same of every app has told none from another.
    if all(outcome["ended"] == "returned" for outcome in outcomes.values()):
        yield Unseen("fixed")
    if all(outcome["ended"] == "raised" for outcome in outcomes.values()):
        yield from map(Unseen, ("late", "never"))
    if problem := _why_left_open(case, seen):
        yield Broken("house", problem)


def _why_nothing(case: Season, seen: dict[str, Any]) -> str | None:
    ends = [seen[str(number)]["outcome"] for number in case.order]
    for outcome in ends:
        if outcome["ended"] not in ("returned", "raised"):
            return interruption(outcome, "stored_when_it_is_said")
    if not any(seen[str(number)]["opened"] for number in case.order):
        told = interruption(ends[0], "stored_when_it_is_said") or "It passed for every app."
        return f"{told} No app was opened: whoever calls an app runs its lifespan, too."
    if not any(seen[str(number)]["asked"] for number in case.order):
        return (
            "No app was asked for an order: POST /orders/{key}, with a key that you choose. "
            f"{interruption(ends[0], 'stored_when_it_is_said') or ''}".rstrip()
        )
    return None


def _never_stored(kind: Kind, one: dict[str, Any]) -> bool:
    return kind.at == "nowhere" or (kind.at == "task" and not one["stored_later"])


def _why_misjudged(kind: Kind, one: dict[str, Any]) -> str | None:
    outcome = one["outcome"]
    passed = outcome["ended"] == "returned"
    if passed == kind.wanted:
        return None
    if kind.wanted:
        told = outcome["error"].rstrip(".")
        return (
            f"The test failed for an app that {kind.name}: its {'' if kind.says_so else 'free '}"
            f"order is stored before the answer leaves. It said {told}. What does your test look "
            "at, and when?"
        )
    if outcome["value"] != "None":
        return (
            f"The test returned {outcome['value']} for an app that {kind.name}. For whoever runs "
            "it, a test that returns has passed: it says no by an error that it raises."
        )
    if _never_stored(kind, one):
        return (
            f"The test passed for an app that {kind.name}: 201 was said, and no order with this "
            "key was ever stored."
        )
    if kind.at == "task":
        return (
            f"The test passed for an app that {kind.name}. When its 201 left, no order with this "
            "key was stored; the test let time pass, with a sleep, a time-out or many turns of the "
            "loop, and then there was one. A guest looks at once."
        )
    return (
        f"The test passed for an app that {kind.name}. When its 201 left, no order with this key "
        "was stored; when the app's function had returned, there was one. When does your test "
        "look, and at what?"
    )


def _why_left_open(case: Season, seen: dict[str, Any]) -> str | None:
    for number in case.order:
        one, app = seen[str(number)], f"an app that {KINDS[number].name}"
        how = "failed" if one["outcome"]["ended"] == "raised" else "passed"
        if one["opened"] > one["closed"]:
            return (
                f"The test {how} for {app}, and nobody ended the app's lifespan: its engine, and "
                "all that it holds, stays for the tests that follow."
            )
        if one["out"]:
            return (
                f"The test {how} for {app}, and when the lifespan ended {one['out']} connection "
                "was still out. The apps give theirs back; is it the one that the test looked with?"
            )
    return None


SAID_AND_STORED = Exercise(
    id="ch07-ex2",
    title="Said and stored",
    objectives=("rehearse", "late"),
    answers=("stored_when_it_is_said",),
    promises={
        "fixed": "it passes for apps that store the order and then answer, however they do it",
        "late": "it fails for apps that answer first and commit then",
        "never": "it fails for an app that never commits",
        "other": "it is not misled by what else an app commits, before it or after it",
        "house": "it runs the lifespan to its end, and leaves no connection out, pass or fail",
    },
    hints=(
        "httpx's transport gives its answer when the app has returned, so whatever you look at "
        "then is too late. What sees the moment at which the answer leaves?",
        "Wrap the app: a function with `scope, receive, send` that gives the app another `send`. "
        "At `http.response.start` it looks for the row, in a session of its own.",
    ),
    draw=draw_season,
    observe=observe_a_test,
    judge=judge_a_test,
    own_connections=True,
)
