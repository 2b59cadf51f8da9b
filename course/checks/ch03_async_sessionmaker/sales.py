"""What the box office has sold, drawn anew for each run: shows, guests, seats, orders, tickets."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

from course.checks.sessions import Rows
from lantern.theatre import Guest, Order, Seat, Show, Ticket

Row = dict[str, Any]
IDS = range(1_000, 100_000)
CENTS = range(200_000, 900_000)  # no sum is an id
FIRST_SALE = datetime(2026, 11, 1, 9, 0)
MOST_TICKETS = 5  # on one order


@dataclass(frozen=True)
class Sales:
    """Rows of the tables. No two rows have one id, whatever tables they stand in."""

    shows: tuple[Row, ...]
    guests: tuple[Row, ...]
    seats: tuple[Row, ...]
    orders: tuple[Row, ...]
    tickets: tuple[Row, ...]
    unknown: int  # an id that stands in no table

    def tables(self) -> Iterator[Rows]:
        """Yield each model with its rows, in an order in which they can be inserted."""
        yield Show, self.shows
        yield Guest, self.guests
        yield Seat, self.seats
        yield Order, self.orders
        yield Ticket, self.tickets

    def orders_of(self, show_id: int) -> list[Row]:
        """Return the orders of a show, by id."""
        mine = [order for order in self.orders if order["show_id"] == show_id]
        return sorted(mine, key=lambda order: order["id"])

    def tickets_of(self, order_id: int) -> list[Row]:
        """Return the tickets of an order, by id."""
        mine = [ticket for ticket in self.tickets if ticket["order_id"] == order_id]
        return sorted(mine, key=lambda ticket: ticket["id"])


def draw_sales(random: Random, orders_of_each: Sequence[int]) -> Sales:
    """Draw shows with that many orders each; of these some have no ticket, some have many."""
    size = 10 + len(orders_of_each) + sum(orders_of_each) * (1 + 2 * MOST_TICKETS)
    ids = iter(random.sample(IDS, size))
    guests: tuple[Row, ...] = tuple(
        {"id": next(ids), "email": f"guest-{n}@lantern.example"} for n in range(5)
    )
    shows: list[Row] = []
    seats: list[Row] = []
    orders: list[Row] = []
    tickets: list[Row] = []
    for number, count in enumerate(orders_of_each, 1):
        show: Row = {"id": next(ids), "title": f"Evening {number}", "capacity": 5_000, "sold": 0}
        show["starts_at"] = FIRST_SALE + timedelta(days=random.randint(100, 400))
        shows.append(show)
        for place in range(count):
            order = _draw_order(random, next(ids), show["id"], random.choice(guests)["id"])
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
    return Sales(tuple(shows), guests, tuple(seats), tuple(orders), tuple(tickets), next(ids))


def _draw_order(random: Random, order_id: int, show_id: int, guest_id: int) -> Row:
    return {
        "id": order_id,
        "show_id": show_id,
        "guest_id": guest_id,
        "key": f"key-{order_id}" if random.random() < 0.5 else None,
        "total_cents": random.choice(CENTS),
        "created": FIRST_SALE + timedelta(minutes=random.randint(0, 100_000)),
    }
