"""The case of ch05-ex3: an evening at the box office, and the databases in which it is asked."""

import contextlib
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from random import Random
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from course.checking.attempts import attempt, plain
from course.checking.patience import SOON, until_idle
from course.checks.sessions import Rows, beside, fill, patience_with
from lantern.pool import connections_in_use
from lantern.theatre import Guest, Order, Show, make_engine

A_SERVERS = 2.0  # seconds, for what a server does
CONNECTIONS = 4  # more than the two requests need that come at once
# Minutes from the first hold to each hold and each look, and the look's distance from UTC in
# hours; what is due then are the seats whose five minutes are not over, if only by a moment.
HOLDS = ((0.0, 5.5), (3.0, -7.0), (2.0, 0.0))
MOMENT = 1 / 30  # of a minute: 2 s
LOOKS = ((5 - MOMENT, 9, (0, 1, 2)), (7 - MOMENT, -3, (1, 2)), (8 + MOMENT, 0, ()))


@dataclass(frozen=True)
class Evening:
    """What one run hands to the module: orders, addresses, moments and counts."""

    orders: dict[int, tuple[int, int, int]]  # show, guest and cents, by id
    show: int
    another: int  # a show, too
    empty: tuple[int, int]  # shows without an order: the first and the last of all
    guests: tuple[int, int]
    cancelled: int
    known: tuple[str, ...]
    emails: tuple[str, ...]
    spoilt: tuple[str, ...]  # many addresses, of which the last one is known
    opening: datetime
    capacity: int
    more: int
    meanwhile: int
    counts: tuple[dict[str, Any], ...]
    failing: tuple[int, int]  # places in `emails` to which sending fails
    stopped: int  # the place in `emails` at which the sending is cancelled


def draw_evening(random: Random) -> Evening:
    """Draw shows with several orders and with none, two orders alike, and lists in no order."""
    show, another = random.sample(range(10, 99), 2)
    guests = random.sample(range(100, 999), 2)
    ids = random.sample(range(1_000, 9_999), 14)
    cents = [0, *random.sample(range(1_000, 9_000), 11), 0, random.randint(1_000, 9_000)]
    # The two that are alike have an earlier and a later one of their guest and show beside them.
    ids[4], ids[0], ids[12], ids[8] = sorted(ids[place] for place in (0, 4, 8, 12))
    of = [show, another, *[show] * 9, another, show, another]
    orders = {
        number: (of[place], guests[place % 4 == 0], cents[place])
        for place, number in enumerate(ids)
    }
    names = [f"Guest{n}@lantern.example" for n in random.sample(range(1_000, 9_999), 130)]
    known, emails, spoilt = names[:3], names[3:9], [*names[9:], names[1]]
    capacity, more, meanwhile = random.sample(range(11, 99), 3)
    doors = random.sample(["north", "south", "balcony", "stage"], 3)
    through = random.sample([0, random.randint(3, 40), random.randint(41, 90)], 3)
    counts = [{"door": door, "guests": n} for door, n in zip(doors, through, strict=True)]
    counts += [dict(counts[1])]  # the same again: as many came once more
    first, second = random.sample([0, 1, 3, 4], 2)
    opening = datetime(2027, 3, 1, 12, tzinfo=UTC) + timedelta(minutes=random.randint(0, 500_000))
    opening += timedelta(seconds=random.randint(5, 59), microseconds=random.randint(1, 999_999))
    return Evening(
        orders, show, another, (9, 100), (guests[0], guests[1]), ids[random.choice((0, 12))],
        tuple(known), tuple(emails), tuple(spoilt), opening, capacity, more, meanwhile,
        tuple(counts),
        (first, second), random.randint(1, 3),
    )  # fmt: skip


def moment(case: Evening, minutes: float, hours: float) -> datetime:
    """Return the moment so many minutes after the opening, as clocks of another place tell it."""
    moment = case.opening + timedelta(minutes=minutes)
    return moment.astimezone(timezone(timedelta(hours=hours)))


def rows_of(case: Evening, orders: bool = True) -> tuple[Rows, ...]:
    """Return the shows, the guests with the known addresses, and the orders unless not wanted."""
    shows = [
        {"id": number, "title": f"Show {number}", "capacity": case.capacity}
        for number in (case.show, case.another, *case.empty)
    ]
    people = [
        {"id": number, "email": email}
        for number, email in zip((*case.guests, 5), case.known, strict=True)
    ]
    columns = ("show_id", "guest_id", "total_cents")
    sold = [
        {"id": number, **dict(zip(columns, values, strict=True))}
        for number, values in case.orders.items()
    ]
    return ((Show, shows), (Guest, people), (Order, sold if orders else []))


@dataclass
class Database:
    """A database of one promise: the engine that an answer uses, and one to look through."""

    engine: AsyncEngine
    other: AsyncEngine

    async def call(self, function: Any, *arguments: Any) -> dict[str, Any]:
        """Call an answer with a session of its own, which is closed; return how it ended."""
        session = AsyncSession(self.engine, expire_on_commit=False)
        try:
            patience = patience_with(self.engine)
            outcome = await attempt(lambda: function(session, *arguments), patience)
            # What is loaded, of a show; anything else may have such an attribute, too.
            show = vars(outcome.value) if isinstance(outcome.value, Show) else {}
            capacity = plain(show.get("capacity"))
            return {**outcome.as_dict(), "capacity": capacity}
        finally:
            with contextlib.suppress(Exception):
                await session.close()

    def buyers(self) -> list[int]:
        """Return the guests of the orders that others see at this very moment."""
        others = beside(self.engine)
        with others.connect() as other:
            guests = list(other.scalars(select(Order.guest_id)))
        others.dispose()
        return guests

    async def until(self, enough: Callable[[], bool]) -> None:
        """Wait until it is enough, or nothing can go on; on a server that is not seen from here."""
        there = self.engine.dialect.name != "sqlite"
        await until_idle(A_SERVERS if there else SOON, enough, unseen=there)

    async def until_all_is_back(self) -> int:
        """Wait for requests to go home; return how many connections are out then."""
        await self.until(lambda: self.engine.dialect.name != "sqlite" and not self._out)
        return self._out

    @property
    def _out(self) -> int:
        return connections_in_use(self.engine)

    async def rows(self, *columns: Any) -> list[list[Any]]:
        """Return what others see of these columns, sorted."""
        async with self.other.connect() as connection:
            found = await connection.execute(select(*columns))
            return sorted([plain(value) for value in row] for row in found)


@contextlib.asynccontextmanager
async def database(
    rows: Iterable[Rows], url: str = "", as_shipped: bool = False
) -> AsyncIterator[Database]:
    """Give a database with these rows: a new one, of which nothing is left, or that of the URL."""
    engine = make_engine(url or None, as_shipped=as_shipped, pool_size=CONNECTIONS, max_overflow=0)
    other = make_engine(engine.url, as_shipped=as_shipped)
    try:
        await fill(engine, rows, anew=bool(url))
        yield Database(engine, other)
    finally:
        await engine.dispose()
        await other.dispose()
