"""What is seen of requests to the endpoint that adds an order, for ch04-ex4."""

import asyncio
from contextlib import nullcontext
from dataclasses import dataclass
from random import Random
from typing import Any

from fastapi import FastAPI

from course.checking.attempts import Outcome, attempt_sync
from course.checks.ch04_dependencies.desk import Desk, desk
from course.checks.sessions import Rows
from lantern.theatre import Guest, Order, Show
from lantern.theatre.models import FIRST_NIGHT

ORDERS = "SELECT id, show_id, guest_id, total_cents FROM orders ORDER BY id"
CENTS = 2500  # of each order that is there already
NO_NUMBERS = "mara", "seven", "one"


@dataclass(frozen=True)
class Counter:
    """Guests by their ids, two of whom order; a show, and orders that stand in the table.

    `strangers` are numbers that name no guest, and `unreadable` headers are no numbers. `corrected`
    is the first guest's address later on.
    """

    guests: dict[int, str]
    ordering: tuple[int, int]
    strangers: tuple[str, str]
    unreadable: tuple[str, ...]
    show: int
    orders: dict[int, int]  # the guest of each
    corrected: str


def draw_counter(random: Random) -> Counter:
    """Draw ids that differ; two guests, and whom nobody knows, come amid the others by number.

    One of the orders in the table is of a guest who orders again, whose number stands in headers
    that name nobody, too.
    """
    ids = sorted(random.sample(range(100, 1_000), 7))
    unknown, show = ids.pop(random.randrange(1, 6)), random.randrange(1_000, 2_000)
    guests = {one: f"Guest{random.randrange(10**6)}@lantern.example" for one in ids}
    first, second = random.sample(ids[1:-1], 2)
    ordered = random.sample((first, ids[0]), 2)
    orders = dict(zip(random.sample(range(2_000, 3_000), 2), ordered, strict=True))
    strangers = str(unknown), f"-{first}"
    unreadable = random.choice(NO_NUMBERS), f"guest-{first}", f"{first}a"
    corrected = f"new-{guests[first]}"
    return Counter(guests, (first, second), strangers, unreadable, show, orders, corrected)


async def observe_add_order(case: Counter, add_order: Any) -> dict[str, Any]:
    """Let guests order, one by one and at once; then ask as nobody, as a stranger, in words.

    Each kind has a database of its own, so that what one leaves behind is not blamed on another.
    """
    made = attempt_sync(lambda: add_order(FastAPI()))
    if made.ended != "returned":
        return {"made": made.as_dict() | {"value": None}}
    first, second = (str(guest) for guest in case.ordering)
    return {
        "made": Outcome("returned").as_dict(),
        "ordered": await _asked(case, add_order, first, second),
        "corrected": await _corrected(case, add_order),
        "at once": await _at_once(case, add_order),
        "locked": await _asked(case, add_order, first, locked=True),
        "nobody": await _asked(case, add_order, None),
        "in words": await _asked(case, add_order, *case.unreadable),
        "stranger": await _asked(case, add_order, *case.strangers),
    }


async def _asked(
    case: Counter, add_order: Any, *names: str | None, locked: bool = False
) -> list[Any]:
    """Order under these names, one after the other, with a new app on a new database.

    `locked` lets no COMMIT go through.
    """
    async with desk(_rows(case)) as it:
        app = _app(add_order, it)
        with it.reader() if locked else nullcontext():
            return [await _ask(case, it, app, name) for name in names]


async def _ask(case: Counter, it: Desk, app: FastAPI, name: str | None) -> dict[str, Any]:
    headers = {"x-guest": name} if name else None
    return await it.ask(app, f"/shows/{case.show}/orders", ORDERS, headers)


async def _corrected(case: Counter, add_order: Any) -> Any:
    """Let a guest order whose address is corrected then; return what the next answer says."""
    guest = case.ordering[0]
    async with desk(_rows(case)) as it:
        app = _app(add_order, it)
        await _ask(case, it, app, str(guest))
        it.correct("UPDATE guests SET email = ? WHERE id = ?", case.corrected, guest)
        return (await _ask(case, it, app, str(guest)))["body"]


async def _at_once(case: Counter, add_order: Any) -> dict[str, Any]:
    """Let a guest order, and another one come without a name while the first one connects.

    Only one of them writes, so neither waits for the other for longer than a moment.
    """
    async with desk(_rows(case), busy_timeout=60_000) as it:
        app = _app(add_order, it)
        requests = [_ask(case, it, app, name) for name in (str(case.ordering[0]), None)]
        answers = await asyncio.gather(*requests)
        return {"ordered": answers[0], "rows": it.rows(ORDERS)}


def _app(add_order: Any, it: Desk) -> FastAPI:
    app = FastAPI()
    app.state.read, app.state.write = it.read, it.write
    add_order(app)
    return app


def _rows(case: Counter) -> list[Rows]:
    orders = [
        {"id": one, "show_id": case.show, "guest_id": guest, "total_cents": CENTS}
        for one, guest in case.orders.items()
    ]
    show = {"id": case.show, "title": "The Tempest", "capacity": 120, "starts_at": FIRST_NIGHT}
    guests = [{"id": one, "email": email} for one, email in case.guests.items()]
    return [(Show, [show]), (Guest, guests), (Order, orders)]
