"""The case of ch02-ex1: three shows, what is sold of them, and what a guest asks for."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
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

    `sold` are the seats of each order that is there already, `own` the one of them that is the
    guest's; `forms` what must be refused, by the reason. Another clerk takes the seat `late`, which
    is wanted, or the one `beside`. `free` costs nothing. Of `many` the first gets a `new_price`.
    """

    show_id: int
    other_ids: tuple[int, ...]
    guest_id: int
    rival_id: int
    show_of: dict[int, int]
    prices: dict[int, int]
    sold: dict[int, tuple[int, ...]]
    own: int
    wanted: tuple[int, ...]
    forms: dict[str, tuple[int, ...]]
    late: int
    beside: int
    free: int
    many: tuple[int, ...]
    new_price: int

    @property
    def taken(self) -> int:
        """A seat of this show that another guest has."""
        return next(iter(self.sold.values()))[0]

    @property
    def total(self) -> int:
        """What the wanted seats cost, in cents."""
        return self.seats_cost(self.wanted)

    def one_seat(self) -> "Evening":
        """Return the evening on which one seat is wanted, a free one."""
        return replace(self, wanted=(self.free,))

    def many_seats(self) -> "Evening":
        """Return the evening on which many seats are wanted, after one has a new price."""
        return replace(self, wanted=self.many, prices=self.prices | {self.many[0]: self.new_price})

    def counts(self) -> dict[int, int]:
        """Return how many seats each show has sold beforehand."""
        counts = dict.fromkeys((*self.other_ids, self.show_id), 0)
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
            show_id, cents = self.show_of[seats[0]], self.seats_cost(seats)
            guest_id = self.guest_id if order_id == self.own else self.rival_id
            order = Order(id=order_id, show_id=show_id, guest_id=guest_id, total_cents=cents)
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

    def seats_cost(self, seats: tuple[int, ...]) -> int:
        """Return what seats cost together, in cents."""
        return sum(self.prices[seat_id] for seat_id in seats)


def draw_evening(random: Random) -> Evening:
    """Draw an evening: prices without an order, counts above 0, a flaw between sound seats.

    One of the wanted seats is free, and two cost the same. There are shows before and after.
    """
    before, show_id, after = sorted(random.sample(range(11, 40), 3))
    guest_id, rival_id = random.sample(range(101, 140), 2)
    ours, theirs = random.sample(range(201, 300), 25), random.sample(range(301, 400), 4)
    prices = dict(zip((*ours, *theirs), random.sample(range(1501, 6000), 29), strict=True))
    orders = random.sample(range(501, 600), 4)
    # Never one or six: the shows have sold so many.
    size = random.choice((4, 5))
    wanted, (beside, free, *many) = ours[6 : 6 + size], ours[11:]
    place = random.randrange(1, size - 1)
    prices[wanted[-1]], prices[wanted[1]], prices[free] = prices[wanted[0]], 0, 0

    def spoiled(seat_id: int) -> tuple[int, ...]:
        return (*wanted[:place], seat_id, *wanted[place + 1 :])

    return Evening(
        show_id, (before, after), guest_id, rival_id,
        show_of=dict.fromkeys(ours, show_id) | dict.fromkeys(theirs, after),
        prices=prices,
        sold={
            orders[0]: (ours[0], ours[1]), orders[1]: (ours[2],), orders[2]: (theirs[0],),
            orders[3]: tuple(ours[3:6]),
        },
        own=orders[3],
        wanted=tuple(wanted),
        forms={
            "taken": spoiled(ours[0]), "own": spoiled(ours[3]), "empty": (),
            "twice": (*wanted[:-1], wanted[0]), "elsewhere": spoiled(theirs[2]),
            "all elsewhere": tuple(theirs[1:3]), "unknown": spoiled(UNKNOWN),
        },
        late=wanted[place],
        beside=beside,
        free=free,
        many=tuple(many),
        new_price=prices[many[0]] + 700,
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
        "other count": sum(raised[show_id] for show_id in evening.other_ids),
    }  # fmt: skip


def rewritten_in(evening: Evening, found: dict[str, Any]) -> str:
    """Say which row of an order that was there before is another one now; nothing if none is."""
    for order_id, seats in evening.sold.items():
        show_id, cents = evening.show_of[seats[0]], evening.seats_cost(seats)
        guest_id = evening.guest_id if order_id == evening.own else evening.rival_id
        due = {
            "orders": [[order_id, show_id, guest_id, cents]],
            "tickets": [[order_id, seat_id] for seat_id in seats],
            "ledger": [[order_id, cents]],
        }
        for name, rows in due.items():
            now = [row for row in found[name] if row[0] == order_id]
            if now != rows:
                return f"{name} had {rows} for order {order_id}, and has {now or 'none'} now"
    return ""
