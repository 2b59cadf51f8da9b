"""A box office where others are in the way of the work, for ch06-ex3."""

import sqlite3
from contextlib import AbstractContextManager
from dataclasses import dataclass
from random import Random
from typing import Any, ClassVar

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from sqlalchemy.orm.exc import StaleDataError

from course.checks.ch06_overselling.refusals import (
    COMMIT,
    REFUSED_BY_SERVER,
    WRITE,
    Refusals,
)
from course.checks.retries import BoxOffice, Call
from lantern.theatre import Guest, Order, Show

# What becomes of an attempt. The first two are for others' sake, as what the driver refuses.
STALE, LOCKED = "stale", "locked"
KNOWN, KNOWN_LATE, NO_TABLE, BUG = "known", "known late", "no table", "bug"
WAITS, HELD_UP = "waits", "held up"

IN_WORDS = {
    WRITE: "an UPDATE was refused, with `{refused}`",
    COMMIT: "the COMMIT was refused, with `{refused}`",
    STALE: "the work raised a StaleDataError",
    KNOWN: "an INSERT was refused with an IntegrityError",
    KNOWN_LATE: "an INSERT was refused with an IntegrityError, when the commit flushed it",
    NO_TABLE: "a SELECT was refused with `{no_table}`",
    BUG: "the work raised a ValueError",
    WAITS: "the task was cancelled while the work waited",
    HELD_UP: "the task was cancelled in the pause",
}
TOLD = {
    "sqlite": {"refused": "database is locked", "no_table": "no such table"},
    "postgresql": {
        "refused": "could not serialize access",
        "no_table": 'relation "seat_plans" does not exist',
    },
}
AGAIN = (WRITE, COMMIT, STALE)
ONCE = (KNOWN, KNOWN_LATE, NO_TABLE, BUG, WAITS, HELD_UP)


@dataclass(frozen=True)
class Night:
    """A show with places left, an earlier guest with an order, two who come; and a bound."""

    show: int
    capacity: int
    sold: int
    earlier: int
    guests: tuple[int, int]
    attempts: int


def draw_night(random: Random) -> Night:
    """Draw ids that are no counts, and how many attempts there may be."""
    earlier, *guests = random.sample(range(1_000, 9_000), 3)
    sold = random.randint(3, 30)
    show, left = random.randrange(100, 1_000), random.randint(3, 9)
    return Night(
        show, sold + left, sold, earlier, (guests[0], guests[1]), random.choice((3, 4, 6, 7))
    )


def not_now(error: BaseException) -> bool:
    """Say whether an error is for others' sake: what an answer asks."""
    if isinstance(error, DBAPIError):
        refused = getattr(error.orig, "sqlstate", "") == "40001"
        return refused or "database is locked" in str(error)
    return isinstance(error, StaleDataError)


class Office(BoxOffice):
    """A box office whose driver refuses what it is told to refuse."""

    options: ClassVar[dict[str, Any]] = {"not_now": not_now}

    def __init__(self, case: Night, engine: AsyncEngine) -> None:
        super().__init__(engine, case.show, case.sold, case.guests)
        self.known = f"{case.earlier}@lantern.example"
        self.refusals = Refusals(engine)
        self.refused: DBAPIError = OperationalError(
            "UPDATE shows", {}, sqlite3.OperationalError("database is locked")
        )

    async def open(self) -> None:
        """Ask a PostgreSQL how it refuses what is for others' sake: over each driver otherwise."""
        if self.engine.dialect.name == "postgresql":
            try:
                async with self.engine.connect() as connection:
                    await connection.exec_driver_sql(REFUSED_BY_SERVER)
            except DBAPIError as error:
                self.refused = error

    def refusal(self) -> DBAPIError:
        """Return a new error of that kind."""
        return type(self.refused)("UPDATE shows", {}, self.refused.orig)  # type: ignore[arg-type]

    def in_words(self, what: str) -> str:
        """Say what became of an attempt, in the words of this database."""
        told = TOLD[self.engine.dialect.name]
        return IN_WORDS.get(what, "it was refused").format_map(told)

    def failing(self) -> AbstractContextManager[None]:
        """Let the driver refuse what is due, while the block runs."""
        return self.refusals.of()

    async def happens(self, what: str | None, session: AsyncSession, call: Call) -> None:
        """Let an attempt look and write, or fail in its own way."""
        match what:
            case "locked" | "held up":
                raise self.refusal()
            case "stale":
                await self.order(session, call)
                raise StaleDataError("UPDATE on table 'shows' matched 0 row(s)")
            case "bug":
                await self.order(session, call)
                raise ValueError("no such place")
            case "known":
                session.add(Guest(email=self.known))
                await session.flush()
            case "known late":
                session.add(Guest(email=self.known))
            case "no table":
                await session.execute(text("SELECT * FROM seat_plans"))
            case "waits":
                await self.order(session, call)
                await call.until_cancelled()
            case "write":
                self.refusals.due = [WRITE]
                await self.order(session, call)
            case _:
                await self.order(session, call)
                if what == COMMIT:
                    self.refusals.due = [COMMIT]


def rows(case: Night) -> list[Any]:
    """Return what is in the tables at the beginning."""
    show = {"id": case.show, "title": "Lear", "capacity": case.capacity, "sold": case.sold}
    guests = [
        {"id": one, "email": f"{one}@lantern.example"} for one in (case.earlier, *case.guests)
    ]
    order = {"show_id": case.show, "guest_id": case.earlier, "total_cents": 0}
    return [(Show, [show]), (Guest, guests), (Order, [order])]
