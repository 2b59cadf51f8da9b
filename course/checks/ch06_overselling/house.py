"""The seats of ch06-ex2 in a database, as they are before a question, and what is left after it."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from random import Random
from typing import Any, ClassVar

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncEngine

from course.checking.exercise import Plain
from course.checks.ch06_overselling.meanwhile import Call
from course.checks.ch06_overselling.scenes import Scene, calling, id_of
from lantern.theatre import Base, Guest, Hold, Order, Seat, Show, Ticket

# What a seat may be: held by another guest, not any more, never yet, or sold.
HELD, SPENT, FRESH, SOLD = "held", "spent", "fresh", "sold"
# A question: how many guests come at once, and what there is of the two seats.
Question = tuple[int, tuple[str, ...]]
QUESTIONS: dict[str, Question] = {
    "none": (1, (HELD, HELD)),
    "a spent one": (1, (SPENT, HELD)),
    "a fresh one": (1, (HELD, FRESH)),
    "both": (2, (SPENT, FRESH)),
    "two fresh ones": (2, (FRESH, FRESH)),
    "the last one": (2, (SOLD, FRESH)),
    "the last one, spent": (2, (SPENT, SOLD)),
}
EASTERN = ("none", "a spent one")
MEANWHILE: dict[str, Question] = {
    "two fresh ones": (2, (FRESH, FRESH)),
    "two spent ones": (2, (SPENT, SPENT)),
    "the last one": (2, (SOLD, FRESH)),
    "the last one, spent": (2, (SPENT, SOLD)),
}


@dataclass(frozen=True)
class House:
    """Two shows and their seats, by ids, and guests; holds end in so many seconds, or have ended.

    `free` are the two seats that a question is about. `sold` seats have a ticket, the first of
    them a hold that has ended as well; `held` are others'. `elsewhere` are seats of the other show:
    a free one, one that the first of the guests holds, and one of which the hold has ended.
    `earlier` are the guests who have tickets and holds.

    Where two guests come, there are no `held` seats, so that who tries each has few orders; and no
    holds that have ended but those of the question, since on PostgreSQL both may wait for those.
    """

    show: int
    other: int
    free: tuple[int, ...]
    sold: tuple[int, ...]
    held: tuple[int, ...]
    elsewhere: tuple[int, ...]
    ends: dict[int, int]
    earlier: tuple[int, ...]
    guests: tuple[int, ...]
    seconds: int


def draw_house(random: Random) -> House:
    """Draw ids that are no counts, in no order, and holds that end within hours."""
    show, other = random.sample(range(100, 1_000), 2)
    seats = random.sample(range(2_000, 9_000), 9)
    guests = random.sample(range(1_000, 9_000), 5)
    return House(
        show,
        other,
        free=tuple(seats[:2]),
        sold=tuple(seats[2:4]),
        held=tuple(seats[4:6]),
        elsewhere=tuple(seats[6:]),
        # A clock that is hours away would take each for the contrary.
        ends={seat: random.randint(900, 15_000) for seat in seats},
        earlier=tuple(guests[:3]),
        guests=tuple(guests[3:]),
        seconds=60 * random.randint(6, 40) + random.randint(7, 53),
    )


class HouseScene(Scene):
    """The house of a case in a database, as it is before a question, and what is left after it."""

    tables = Base.metadata
    questions = QUESTIONS
    between = MEANWHILE
    keys: ClassVar[dict[str, str]] = {"holds": "seat_id"}

    def __init__(self, case: House, engine: AsyncEngine, hold_seat: Any) -> None:
        super().__init__(case, engine, hold_seat)
        # What another guest did stands in every run after it, so `asked` stays when it was asked.
        self.opened = self.asked = datetime.now(UTC)

    async def before(self) -> None:
        await self.begin()
        with self.aside.begin() as connection:
            for table in reversed(Base.metadata.sorted_tables):
                connection.execute(delete(table))
            for model, rows in self.rows().items():
                connection.execute(insert(model), rows)
        self.asked = datetime.now(UTC)

    def rows(self) -> dict[type[Base], list[dict[str, Any]]]:
        """Return what is in the tables before the question."""
        case, (count, kinds) = self.case, self.question
        held = case.held if count == 1 else ()
        shows = {case.show: (*case.free, *case.sold, *held), case.other: case.elsewhere}
        kind_of = dict(zip(case.free, kinds, strict=True))
        signs = {seat: {SPENT: -1, HELD: 1}.get(kind, 0) for seat, kind in kind_of.items()}
        elsewhere = case.elsewhere[1]
        signs |= dict.fromkeys((*held, elsewhere), 1)
        if count == 1:
            signs |= {case.sold[0]: -1, case.elsewhere[2]: -1}
        holds = [
            {
                "seat_id": seat,
                "guest_id": case.guests[0] if seat == elsewhere else case.earlier[number % 3],
                "expires_at": self.opened + timedelta(seconds=sign * case.ends[seat]),
            }
            for number, (seat, sign) in enumerate(signs.items())
            if sign
        ]
        # Standing room has no seat.
        sold = [None, *case.sold, *(seat for seat, kind in kind_of.items() if kind == SOLD)]
        order = {"id": 70, "show_id": case.show, "guest_id": case.earlier[0], "total_cents": 0}
        return {
            Show: [
                {"id": show, "title": f"Show {show}", "capacity": 30, "sold": 5} for show in shows
            ],
            Guest: [
                {"id": guest, "email": f"{guest}@lantern.example"}
                for guest in sorted((*case.earlier, *case.guests))
            ],
            Seat: [
                {"id": seat, "show_id": show, "label": f"A{seat}", "price_cents": 2500}
                for show, seats in shows.items()
                for seat in sorted(seats)
            ],
            Hold: holds,
            Order: [order],
            Ticket: [{"seat_id": seat, "order_id": order["id"]} for seat in sold],
        }

    async def look(self) -> Plain:
        """Return all holds, seat, guest and when they end, and the tables that others changed.

        When a new hold ends is told in seconds beside what was asked for; of an old one, whether it
        is as it was.
        """
        case, latest = self.case, datetime.now(UTC) + timedelta(seconds=self.case.seconds)
        # SQL's own clock on SQLite tells whole seconds.
        earliest = self.asked + timedelta(seconds=case.seconds - 1)
        was = {(row["seat_id"], row["guest_id"], row["expires_at"]) for row in self.rows()[Hold]}
        told = []
        with self.aside.connect() as connection:
            columns = (Hold.seat_id, Hold.guest_id, Hold.expires_at)
            for seat, guest, ends in connection.execute(select(*columns).order_by(*columns)):
                ends = ends if ends.tzinfo else ends.replace(tzinfo=UTC)
                beside = min(0, (ends - earliest).total_seconds())
                beside += max(0, (ends - latest).total_seconds())
                is_old = (seat, guest, ends) in was
                told.append([seat, guest, "as it was" if is_old else round(beside)])
        return {"holds": told, "changed": self.changed()}

    def changed(self) -> list[str]:
        """Return the other tables of which a row is not as it was."""
        names = []
        with self.aside.connect() as connection:
            for model, rows in self.rows().items():
                if model is not Hold:
                    columns = [getattr(model, name) for name in rows[0]]
                    found = connection.execute(select(*columns))
                    given = [tuple(row.values()) for row in rows]
                    if sorted(map(repr, map(tuple, found))) != sorted(map(repr, given)):
                        names.append(model.__tablename__)
        return names

    def calls(self) -> list[Call]:
        return [
            calling(partial(self._hold, one), _told) for one in self.case.guests[: self.question[0]]
        ]

    def _hold(self, guest: int) -> Any:
        return self.answer(self.session, self.case.show, guest, self.case.seconds)


def _told(value: Any) -> Any:
    """Return the id of a seat, or what was returned in its place."""
    return {"seat": id_of(value)} if isinstance(value, Seat) else value
