"""What the box office has sold, drawn anew for each run: shows, guests, seats, orders, tickets."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from random import Random
from typing import Any

from course.checks.sessions import Rows
from lantern.theatre import Guest, Order, Seat, Show, Ticket

Row = dict[str, Any]
IDS = range(1_000, 100_000)
CENTS = range(200_000, 900_000)  # no sum is an id
FIRST_SALE = datetime(2026, 11, 1, 9, 0)
MOST_TICKETS = 14  # on one order


@dataclass(frozen=True)
class Sales:
    """Rows of the tables. No two rows have one id, whatever tables they stand in."""

    shows: tuple[Row, ...]
    guests: tuple[Row, ...]
    seats: tuple[Row, ...]
    orders: tuple[Row, ...]
    tickets: tuple[Row, ...]
    unknown: int  # an id that stands in no table; some shows have smaller ones, some larger ones

    def tables(self) -> Iterator[Rows]:
        """Yield each model with its rows, in an order in which they can be inserted."""
        yield Show, self.shows
        yield Guest, self.guests
        yield Seat, self.seats
        yield Order, self.orders
        yield Ticket, self.tickets

    def orders_of(self, show_id: int) -> list[Row]:
        """Return the orders of a show, by id."""
        return self._orders.get(show_id, [])

    def tickets_of(self, order_id: int) -> list[Row]:
        """Return the tickets of an order, by id."""
        return self._tickets.get(order_id, [])

    @cached_property
    def _orders(self) -> dict[int, list[Row]]:
        return _by(self.orders, "show_id")

    @cached_property
    def _tickets(self) -> dict[int, list[Row]]:
        return _by(self.tickets, "order_id")


def _by(rows: Iterable[Row], column: str) -> dict[int, list[Row]]:
    found: dict[int, list[Row]] = {}
    for row in sorted(rows, key=lambda row: row["id"]):
        found.setdefault(row[column], []).append(row)
    return found


def draw_sales(random: Random, orders_of_each: Sequence[int]) -> Sales:
    """Draw shows with that many orders each; of these some have no ticket, some have many.

    Some are free, and of many some agree in show, guest, total and moment.
    """
    shows_of_all = len(orders_of_each)
    size = 10 + shows_of_all * (1 + 2 * MOST_TICKETS) + sum(orders_of_each) * 9
    ids = iter(random.sample(IDS, size))
    numbers = sorted(next(ids) for _ in range(shows_of_all + 1))
    unknown = numbers.pop(shows_of_all // 2)
    random.shuffle(numbers)
    totals = [0, *random.sample(CENTS, 9)]
    guests: tuple[Row, ...] = tuple(
        {"id": next(ids), "email": f"guest-{n}@lantern.example"} for n in range(5)
    )
    shows: list[Row] = []
    seats: list[Row] = []
    orders: list[Row] = []
    tickets: list[Row] = []
    for number, count in enumerate(orders_of_each, 1):
        show: Row = {
            "id": numbers.pop(),
            "title": f"Evening {number}",
            "capacity": 5_000,
            "sold": 0,
        }
        show["starts_at"] = FIRST_SALE + timedelta(days=random.randint(100, 400))
        shows.append(show)
        for place in range(count):
            order = _draw_order(random, next(ids), show["id"], random.choice(guests)["id"])
            order["total_cents"] = random.choice(totals)
            orders.append(order)
            # The first two are one without tickets and one with many, whatever was drawn.
            for _ in range((0, MOST_TICKETS)[place] if place < 2 else random.randint(0, 4)):
                seat = None if random.random() < 0.5 else next(ids)
                tickets.append({"id": next(ids), "order_id": order["id"], "seat_id": seat})
                show["sold"] += 1
                if seat:
                    label = f"A{len(seats)}"
                    seats.append(
                        {"id": seat, "show_id": show["id"], "label": label, "price_cents": 2500}
                    )
    for rows in (orders, tickets):
        random.shuffle(rows)
    return Sales(tuple(shows), guests, tuple(seats), tuple(orders), tuple(tickets), unknown)


def _draw_order(random: Random, order_id: int, show_id: int, guest_id: int) -> Row:
    return {
        "id": order_id,
        "show_id": show_id,
        "guest_id": guest_id,
        "key": f"key-{order_id}" if random.random() < 0.5 else None,
        "created": FIRST_SALE + timedelta(hours=random.randint(0, 20)),
    }
