"""The apps of ch07-ex4: box offices that sell a seat for a key, some right, some wrong in one way.

They have the same routes and the same names, and differ in what they do alone.
"""

import asyncio
import contextlib
import itertools
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

from fastapi import BackgroundTasks, Depends, FastAPI, HTTPException, Response
from sqlalchemy import event, select, update
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from course.checks.ch07_testing.fixtures import kept_open
from lantern.theatre import Guest, LedgerEntry, Order, Show, Ticket, make_engine


@dataclass(frozen=True)
class Kind:
    """A box office: what it does, the promise that it belongs to, and how it sells.

    `at` is where it commits: in the endpoint, in a dependency of the scope of its name, in a
    background task, or in either of the first two, by lot. `locks` is whether its transaction
    takes the write lock when it begins. One that `greets` commits something else before, one that
    `writes` does so after its answer, and answers 200 for a key that it knows.
    """

    name: str
    promise: str
    sell: Callable[["Purchase"], Awaitable[None]]
    at: str = "endpoint"
    locks: bool = True
    greets: bool = False
    writes: bool = False


@dataclass
class Seen:
    """What a box office saw while it was open: of all its requests, together."""

    asked: int = 0
    at_once: int = 0
    sold_out: int = 0
    refused_by_the_database: int = 0


class Bank:
    """It answers when every request on its way has come to it, or is over."""

    def __init__(self, seen: Seen) -> None:
        self.seen = seen
        self.inside = 0
        self.on_the_way: set[Any] = set()
        self.all_here = asyncio.Event()

    @contextlib.contextmanager
    def on_its_way(self) -> Iterator[None]:
        """Count a request, from its first line to its last."""
        self.seen.asked += 1
        self.inside += 1
        self.seen.at_once = max(self.seen.at_once, self.inside)
        self.on_the_way.add(asyncio.current_task())
        self.all_here.clear()
        try:
            yield
        finally:
            self.inside -= 1
            self._come()

    def _come(self) -> None:
        self.on_the_way.discard(asyncio.current_task())
        if not self.on_the_way:
            self.all_here.set()

    async def pay(self) -> None:
        """Wait for those who came at the same moment."""
        for _ in range(3):  # whoever was sent off beside this one is on its way after that
            await asyncio.sleep(0)
        self._come()
        await self.all_here.wait()


@dataclass
class Purchase:
    """One request: a guest, a key, and the session that the endpoint depends on."""

    office: "Office"
    session: AsyncSession
    guest: int
    key: str

    async def is_known(self, session: AsyncSession | None = None) -> bool:
        """Tell whether there is an order with this key."""
        query = select(Order.id).where(Order.key == self.key)
        return await (session or self.session).scalar(query) is not None

    async def take_seat(self) -> None:
        """Count one seat more, if there is one."""
        free = update(Show).where(Show.id == self.office.show, Show.sold < Show.capacity)
        taken = await self.session.execute(free.values(sold=Show.sold + 1))
        if taken.rowcount == 0:  # type: ignore[attr-defined]
            raise sold_out()

    async def write_order(self, key: str = "") -> int:
        """Write an order with its ticket, and return its id."""
        order = Order(
            show_id=self.office.show, guest_id=self.guest, key=key or self.key,
            total_cents=self.office.price, tickets=[Ticket()],
        )  # fmt: skip
        self.session.add(order)
        await self.session.flush()
        return order.id

    def write_ledger(self, order: int) -> None:
        """Write what was paid for an order."""
        self.session.add(LedgerEntry(order_id=order, amount_cents=self.office.price))

    async def write(self, key: str = "") -> None:
        """Write all of it but the seat."""
        self.write_ledger(await self.write_order(key))


def sold_out() -> HTTPException:
    """Return what a guest is told when there is no seat."""
    return HTTPException(409, "sold out")


class Door:
    """Count the requests that come in, and those that are told that it is sold out.

    What it knows of the house, no test may ask.
    """

    def __init__(self, app: ASGIApp, office: "Office") -> None:
        self._app, self._office = app, office

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_and_count(message: Message) -> None:
            self._office.seen.sold_out += message.get("status") == 409
            await send(message)

        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        with self._office.bank.on_its_way():
            await self._app(scope, receive, send_and_count)


@dataclass
class Office:
    """A box office of some kind, with an app, and a database that is a copy of another one."""

    kind: Kind
    at: str
    show: int
    price: int
    seen: Seen
    kept: list[AsyncSession] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=itertools.count)

    def __post_init__(self) -> None:
        self.bank = Bank(self.seen)

    @contextlib.asynccontextmanager
    async def on_a_copy_of(self, database: Path) -> AsyncIterator[FastAPI]:
        """Open the house: the app has its engine and its sessions while the block runs.

        Nothing of them is kept afterwards: FastAPI remembers the last functions that it was given,
        and those of the app know the house.
        """
        engine, app = make_engine(), self._make_app()
        shutil.copyfile(database, str(engine.url.database))
        event.listen(engine.sync_engine, "handle_error", self._note)
        self.open = async_sessionmaker(engine, expire_on_commit=False)
        app.state.engine, app.state.session = engine, self.open
        async with kept_open(engine):
            yield app
        self.kept.clear()
        del self.open

    def _note(self, context: Any) -> None:
        self.seen.refused_by_the_database += 1

    async def look_and_keep(self) -> None:
        """Look how many are sold, in a session that nobody closes."""
        self.kept.append(self.open())
        await self.kept[-1].scalar(select(Show.sold))

    async def _greet(self) -> None:
        async with self.open.begin() as session:
            session.add(Guest(email=f"guest-{next(self.numbers)}@lantern.example"))

    def _make_app(self) -> FastAPI:
        kind, at = self.kind, self.at
        app = FastAPI()
        app.add_middleware(lambda app: Door(app, self))  # nothing that its arguments would show
        scope: Any = "function" if at == "function" else "request"

        async def get_session() -> AsyncIterator[AsyncSession]:
            async with self.open(execution_options={"write": kind.locks}) as session:
                try:
                    yield session
                    if at in ("function", "request"):
                        await session.commit()
                except BaseException:
                    await session.rollback()  # closing alone leaves open what a COMMIT did not end
                    raise

        async def commit_later(session: AsyncSession) -> None:
            try:
                await session.commit()
            except BaseException:
                await session.rollback()
                raise

        @app.post("/orders/{key}", status_code=201)
        async def buy(
            key: str,
            guest: int,
            session: Annotated[AsyncSession, Depends(get_session, scope=scope)],
            background: BackgroundTasks,
            response: Response,
        ) -> dict[str, Any]:
            purchase = Purchase(self, session, guest, key)
            if kind.greets:
                await self._greet()
            if kind.writes and await purchase.is_known():
                response.status_code = 200
            await kind.sell(purchase)
            if at == "endpoint":
                await session.commit()
            if at == "background":
                background.add_task(commit_later, session)
            if kind.writes:
                background.add_task(self._greet)
            return {"number": next(self.numbers)} if kind.greets else {"key": key}

        return app
