"""The apps of ch07-ex2: each of them stores its order in another way, and at another moment."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass
from random import Random
from typing import Annotated, Any

from fastapi import BackgroundTasks, Depends, FastAPI, Request
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from sqlalchemy.orm import Session

from course.checking.attempts import attempt
from course.checks.ch07_testing.fixtures import house, kept_open
from course.checks.ch07_testing.meanwhile import while_somebody_waits
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
