"""The case of ch02-ex1: two shows, what is sold of them, and what a guest asks for."""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

from sqlalchemy import select

from course.checks.ch02_sync_sessionmaker.watched import Sql, WatchedDatabase
from lantern.theatre import Base, Guest, LedgerEntry, Order, Seat, Show, Ticket

RIVAL_ORDER = 900
UNKNOWN = 999


@dataclass(frozen=True)
class Evening:
    """Ids are drawn from ranges of their own, so that no column can stand for another.

    `sold` are the seats of each order that is there already; `forms` what must be refused, by
    the reason. Another clerk takes the seat `late`, which is wanted, or the one `beside`.
    """

    show_id: int
    other_id: int
    guest_id: int
    rival_id: int
    show_of: dict[int, int]
    prices: dict[int, int]
    sold: dict[int, tuple[int, ...]]
    wanted: tuple[int, ...]
    forms: dict[str, tuple[int, ...]]
    late: int
    beside: int

    @property
    def total(self) -> int:
        """What the wanted seats cost, in cents."""
        return self._cents(self.wanted)

    def counts(self) -> dict[int, int]:
        """Return how many seats each show has sold beforehand."""
        counts = dict.fromkeys((self.show_id, self.other_id), 0)
        for seats in self.sold.values():
            counts[self.show_of[seats[0]]] += len(seats)
        return counts

    def rows(self) -> Iterator[Base]:
        """Yield the rows of the evening, before the guest comes."""
        for show_id, count in self.counts().items():
            yield Show(id=show_id, title=f"Evening {show_id}", capacity=100, sold=count)
        for guest_id in (self.guest_id, self.rival_id):
            yield Guest(id=guest_id, email=f"guest{guest_id}@lantern.example")
        for number, (seat_id, cents) in enumerate(self.prices.items()):
            show_id = self.show_of[seat_id]
            yield Seat(id=seat_id, show_id=show_id, label=f"S{number}", price_cents=cents)
        for order_id, seats in self.sold.items():
            show_id, cents = self.show_of[seats[0]], self._cents(seats)
            order = Order(id=order_id, show_id=show_id, guest_id=self.rival_id, total_cents=cents)
            order.tickets = [Ticket(seat_id=seat_id) for seat_id in seats]
            yield order
            yield LedgerEntry(order_id=order_id, amount_cents=cents)

    def rival(self, seat_id: int) -> tuple[Sql, ...]:
        """Return what another clerk writes when he sells this seat."""
        cents = self.prices[seat_id]
        order = (RIVAL_ORDER, self.show_id, self.rival_id, cents, "2027-03-01 10:00:00")
        return (
            ("INSERT INTO orders (id, show_id, guest_id, total_cents, created) "
             "VALUES (?, ?, ?, ?, ?)", order),
            ("INSERT INTO tickets (order_id, seat_id) VALUES (?, ?)", (RIVAL_ORDER, seat_id)),
            ("INSERT INTO ledger (order_id, amount_cents) VALUES (?, ?)", (RIVAL_ORDER, cents)),
            ("UPDATE shows SET sold = sold + 1 WHERE id = ?", (self.show_id,)),
        )  # fmt: skip

    def _cents(self, seats: tuple[int, ...]) -> int:
        return sum(self.prices[seat_id] for seat_id in seats)


def draw_evening(random: Random) -> Evening:
    """Draw an evening: prices without an order, counts above 0, a flaw anywhere but in front."""
    show_id, other_id = random.sample(range(11, 40), 2)
    guest_id, rival_id = random.sample(range(101, 140), 2)
    ours, theirs = random.sample(range(201, 300), 12), random.sample(range(301, 400), 4)
    prices = (100 * number for number in random.sample(range(15, 60), 16))
    orders = random.sample(range(501, 600), 3)
    # Never one or three: the shows have sold so many.
    size = random.choice((2, 4, 5))
    wanted, place = ours[3 : 3 + size], random.randrange(1, size)

    def spoiled(seat_id: int) -> tuple[int, ...]:
        return (*wanted[:place], seat_id, *wanted[place + 1 :])

    return Evening(
        show_id, other_id, guest_id, rival_id,
        show_of={s: show_id for s in ours} | {s: other_id for s in theirs},
        prices=dict(zip((*ours, *theirs), prices, strict=True)),
        sold={
            orders[0]: (ours[0], ours[1]), orders[1]: (ours[2],), orders[2]: (theirs[0],)
        },
        wanted=tuple(wanted),
        forms={
            "taken": spoiled(ours[0]), "empty": (), "twice": spoiled(wanted[0]),
            "elsewhere": spoiled(theirs[2]), "unknown": spoiled(UNKNOWN),
        },
        late=wanted[place],
        beside=ours[3 + size],
    )  # fmt: skip


def books(database: WatchedDatabase) -> dict[str, Any]:
    """Return what is in the books: orders, tickets, ledger, and what each show counts."""
    return {
        "orders": database.read(
            select(Order.id, Order.show_id, Order.guest_id, Order.total_cents).order_by(Order.id)
        ),
        "tickets": database.read(select(Ticket.order_id, Ticket.seat_id).order_by(Ticket.id)),
        "ledger": database.read(
            select(LedgerEntry.order_id, LedgerEntry.amount_cents).order_by(LedgerEntry.id)
        ),
        "counts": database.read(select(Show.id, Show.sold).order_by(Show.id)),
    }


def new_in(evening: Evening, found: dict[str, Any], came: bool = False) -> dict[str, Any]:
    """Return what an answer added to the books: the rows of its orders, and the counts raised.

    What the other clerk sold, if he came, is not the answer's.
    """
    known = {*evening.sold, RIVAL_ORDER}
    before = evening.counts()
    before[evening.show_id] += came
    raised = {show_id: count - before[show_id] for show_id, count in found["counts"]}
    return {
        **{name: [row for row in found[name] if row[0] not in known]
           for name in ("orders", "tickets", "ledger")},
        "count": raised[evening.show_id],
        "other count": raised[evening.other_id],
    }  # fmt: skip
