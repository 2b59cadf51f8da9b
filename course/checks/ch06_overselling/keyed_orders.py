"""What is seen of ch06-ex4: orders under a key, asked for again, otherwise, and twice at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from random import Random
from typing import Any

from fastapi import FastAPI
from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from course.checking.attempts import attempt, attempt_sync, describe, line_of_its_own
from course.checking.exercise import Plain
from course.checks.ch06_overselling.every_order import (
    FEW_ORDERS,
    MOST_ORDERS,
    a_process_each,
    every_order,
)
from course.checks.ch06_overselling.refusals import COMMIT, ENDS, ORDER, Refusals
from course.checks.ch06_overselling.sales import sales, shows_and_guests
from course.checks.requests import as_it_begins, json_of, post
from course.checks.sessions import beside, close_all, fill, kept_factories, patience_with
from lantern.theatre import Order, Show, Ticket, make_engine
from lantern.wire import Message

SERVED = (200, 201)
NOTHING: Plain = {"status": None, "order": None, "text": "", "error": "", "where": "", "stored": []}
EARLIER = 2  # places of each show that were sold before
# What the driver refuses of a first request, by how that is told.
REFUSED = {
    "the INSERT of the order was refused by the database": (ORDER,),
    "the COMMIT was refused by the database": (COMMIT,),
    "a second COMMIT was refused by the database": ("", COMMIT),
    "the program ended after its first COMMIT": ("", ENDS),
}


@dataclass(frozen=True)
class Ask:
    """One request: whose, under which key, for which show, and how many tickets."""

    guest: int
    key: str
    show: int
    tickets: int


@dataclass(frozen=True)
class Desk:
    """Two shows and three guests by their ids, two keys, and how many tickets are wished for."""

    shows: tuple[int, int]
    earlier: int
    guests: tuple[int, int, int]
    keys: tuple[str, str]
    tickets: int
    other_tickets: int
    order: int  # the id of an earlier order; the next ones follow it

    def ask(self, guest: int = 0, key: int = 0, show: int = 0, other: bool = False) -> Ask:
        """Return the request that is made again and again, or one that differs from it."""
        tickets = self.other_tickets if other else self.tickets
        return Ask(self.guests[guest], self.keys[key], self.shows[show], tickets)

    def again(self) -> list[Ask]:
        """Return two orders of one guest, and each once more, when no place is left."""
        return [self.ask(), self.ask(key=1), self.ask(), self.ask(key=1)]

    def otherwise(self) -> list[Ask]:
        """Return an order, other ones under its key, and the first one once more."""
        return [self.ask(), self.ask(other=True), self.ask(show=1), self.ask()]

    def of_others(self) -> list[Ask]:
        """Return orders of three guests who have the same key, and the second one's once more."""
        first, second, third = self.ask(), self.ask(guest=1), self.ask(guest=2, other=True)
        return [first, second, third, second, first]


def draw_desk(random: Random) -> Desk:
    """Draw ids that are no counts, keys as programs make them up, and two numbers of tickets.

    The keys differ in one letter, and in whether it is a capital.
    """
    shows = random.sample(range(100, 1_000), 2)
    earlier, *guests = random.sample(range(1_000, 9_000), 4)
    key = f"{random.getrandbits(64):016x}"
    place = random.randrange(1, len(key))  # neither first nor last
    keys = [f"{key[:place]}{letter}{key[place:]}" for letter in random.sample("aA", 2)]
    tickets, other = random.sample(range(2, 5), 2)
    return Desk(
        (shows[0], shows[1]),
        earlier,
        (guests[0], guests[1], guests[2]),
        (keys[0], keys[1]),
        tickets,
        other,
        random.randrange(10_000, 90_000),
    )


class Server:
    """An engine of a theatre that runs a process for each request: an app of its own."""

    def __init__(self, case: Desk, engine: AsyncEngine, receipt: Any, add_orders: Any) -> None:
        self.case, self.engine = case, engine
        self.receipt, self.add_orders = receipt, add_orders
        self.session, _ = kept_factories(engine)
        self.refusals = Refusals(engine)
        self.others = beside(engine)
        self.patience = patience_with(engine)

    def app(self) -> FastAPI:
        """Return a new app, with what the answer adds to it."""
        app = FastAPI()
        app.state.session = self.session
        self.add_orders(app)
        return app

    async def open(self, left: int) -> None:
        """Begin an evening: nobody has ordered yet, and so many places are left in each show."""
        await close_all(self.session)
        self.session.class_.unclosed.clear()
        async with self.engine.begin() as connection:
            for table in (self.receipt, Ticket, Order):
                await connection.execute(delete(table))
            values = {"sold": EARLIER, "capacity": EARLIER + left}
            await connection.execute(update(Show).values(values))
            order = {"id": self.case.order, "guest_id": self.case.earlier, "total_cents": 0}
            for number, show in enumerate(self.case.shows):
                one = order | {"id": self.case.order - number, "show_id": show}
                await connection.execute(insert(Order).values(one))
                tickets = [{"order_id": one["id"]} for _ in range(EARLIER)]
                await connection.execute(insert(Ticket), tickets)

    async def more_places(self, more: int) -> None:
        """Let so many guests give their places back, or the house put up chairs."""
        async with self.engine.begin() as connection:
            await connection.execute(update(Show).values(capacity=Show.capacity + more))

    def orders(self) -> list[int]:
        """Return the ids of all new orders that another program sees."""
        query = select(Order.id).where(Order.guest_id != self.case.earlier).order_by(Order.id)
        with self.others.connect() as other:
            return list(other.execute(query).scalars())

    async def send(self, app: FastAPI, ask: Ask) -> Plain:
        """Send a request, and return what the client got; `stored` is of when it began to."""
        stored: list[list[int]] = []

        async def look(_: Message) -> None:
            stored.append(self.orders())

        headers = {"x-guest": str(ask.guest), "idempotency-key": ask.key}
        path, body = f"/shows/{ask.show}/orders", {"tickets": ask.tickets}
        response = await post(as_it_begins(app, look), path, body, headers)
        told = json_of(response.body)
        order = told.get("order") if isinstance(told, dict) else None
        return {
            "status": response.status,
            "order": order if isinstance(order, int) else None,
            "text": response.body.decode(errors="replace")[:200],
            "error": describe(response.error) if response.error else "",
            "where": line_of_its_own(response.error) if response.error else "",
            "stored": stored[0] if stored else [],
        }

    async def ask(self, ask: Ask) -> Plain:
        """Send a request to an app of its own; return what came of it, and what is stored then."""
        outcome = await attempt(lambda: self.send(self.app(), ask), self.patience)
        self.refusals.due.clear()
        got = outcome.value if outcome.ended == "returned" else NOTHING
        kept = {"outcome": outcome.as_dict() | {"value": None}}
        return {**got, **kept, "after": await self.look()}

    async def ask_all(self, left: int, asks: Sequence[Ask]) -> list[Plain]:
        """Begin an evening, and send requests one after the other."""
        await self.open(left)
        return [await self.ask(ask) for ask in asks]

    async def look(self) -> Plain:
        """Return the sales, but those of earlier."""
        async with self.engine.connect() as connection:
            found = await sales(connection)
        new = [row for row in found["orders"] if row[2] != self.case.earlier]
        return found | {"orders": new}


async def observe_add_orders(
    case: Desk, receipt: Any, add_orders: Any, url: str = ""
) -> dict[str, Any]:
    """Let guests ask once more, for something else, after what failed; and twice at once."""
    made = attempt_sync(lambda: add_orders(FastAPI()))
    seen: dict[str, Any] = {"made": made.as_dict() | {"value": None}}
    if made.ended != "returned":
        return seen
    engine = make_engine(url or None, pool_size=10)
    server = Server(case, engine, receipt, add_orders)
    try:
        await fill(engine, shows_and_guests(case.shows, (case.earlier, *case.guests)))
        async with engine.begin() as connection:
            await connection.run_sync(receipt.metadata.create_all)
        many = 10 * case.tickets + 10 * case.other_tickets
        seen["again"] = await server.ask_all(2 * case.tickets, case.again())
        if seen["again"][0]["status"] not in SERVED:
            return seen
        seen["otherwise"] = await server.ask_all(many, case.otherwise())
        seen["of others"] = await server.ask_all(many, case.of_others())
        seen["sold out"] = await _sold_out(server)
        for name, plan in REFUSED.items():
            seen[name] = await _refused(server, plan, many)
        limit = FEW_ORDERS if url else MOST_ORDERS
        seen["at once"] = await _at_once(server, many, limit)
        seen["apart"] = None
        if seen["at once"]["in_memory"]:
            with a_process_each():
                seen["apart"] = await _at_once(server, many, limit)
    except Exception as error:
        return {"made": seen["made"], "table": describe(error)}
    finally:
        await close_all(server.session)
        await engine.dispose()
        server.others.dispose()
    return seen


async def _sold_out(server: Server) -> list[Plain]:
    """Let a guest ask when a place too few is left, and once more when there are enough."""
    await server.open(server.case.tickets - 1)
    first = await server.ask(server.case.ask())
    await server.more_places(server.case.tickets)
    return [first, await server.ask(server.case.ask())]


async def _refused(server: Server, plan: Sequence[str], left: int) -> list[Plain]:
    """Let the driver refuse something of a first request; the second one is as any other."""
    await server.open(left)
    with server.refusals.of(plan):
        first = await server.ask(server.case.ask())
    return [first, await server.ask(server.case.ask())]


async def _at_once(server: Server, left: int, limit: int) -> Plain:
    """Let a guest click twice, in no more than so many orders of two processes' steps."""
    apps: list[FastAPI] = []

    async def click(number: int) -> Plain:
        got = await server.send(apps[number], server.case.ask())
        return {name: got[name] for name in ("status", "order", "error", "text")}

    async def before() -> None:
        await server.open(left)
        apps[:] = [server.app(), server.app()]

    clicks = partial(click, 0), partial(click, 1)
    return await every_order(server.engine, *clicks, before=before, look=server.look, limit=limit)
