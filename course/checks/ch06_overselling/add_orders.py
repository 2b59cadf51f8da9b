"""ch06-ex4: an order that may be asked for twice, and is there once."""

import contextlib
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from fastapi import FastAPI
from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from course.checking.attempts import (
    PATIENCE,
    attempt,
    attempt_sync,
    describe,
    interruption,
    line_of_its_own,
)
from course.checking.exercise import Broken, Elsewhere, Exercise, Finding, Nothing, Plain
from course.checks.ch06_overselling.every_order import (
    FEW_ORDERS,
    MOST_ORDERS,
    a_process_each,
    broken_by,
    every_order,
    why_no_proof,
    why_not_explored,
)
from course.checks.ch06_overselling.refusals import COMMIT, ENDS, ORDER, Refusals
from course.checks.requests import as_it_begins, json_of, post
from course.checks.sessions import beside, close_all, fill, kept_factories
from lantern.theatre import Guest, Order, Show, Ticket, make_engine
from lantern.wire import Message

CLICKS = ("the first click", "the second click")
SERVED = (200, 201)
NOTHING: Plain = {"status": None, "order": None, "text": "", "error": "", "where": "", "stored": []}
OVER = "Can't operate on closed transaction", "PendingRollbackError"
IT_IS_OVER = (
    " (a flush that failed, or a rollback, ends the whole transaction; a savepoint around it, "
    "`session.begin_nested()`, lets the rest go on)"
)
EARLIER = 2  # places of each show that were sold before


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
    keys = [f"{key}{last}" for last in random.sample("aA", 2)]
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


class House:
    """An engine of a theatre that runs a process for each request: an app of its own."""

    def __init__(self, case: Desk, engine: AsyncEngine, receipt: Any, add_orders: Any) -> None:
        self.case, self.engine = case, engine
        self.receipt, self.add_orders = receipt, add_orders
        self.session, _ = kept_factories(engine)
        self.refusals = Refusals(engine)
        self.others = beside(engine)
        # A server on a busy machine takes its time.
        self.patience = PATIENCE if engine.dialect.name == "sqlite" else 10 * PATIENCE

    def app(self) -> FastAPI:
        """Return a new app, with what the answer adds to it."""
        app = FastAPI()
        app.state.session = self.session
        self.add_orders(app)
        return app

    async def open(self, left: int) -> None:
        """Begin an evening: nobody has ordered yet, and so many places are left in each show."""
        await close_all(self.session)
        self.session.class_.every.clear()
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
        """Return `sold` of each show, and each new order: id, show, guest, number of tickets."""
        tickets = select(func.count(Ticket.id)).where(Ticket.order_id == Order.id)
        columns = (Order.id, Order.show_id, Order.guest_id, tickets.scalar_subquery())
        new = select(*columns).where(Order.guest_id != self.case.earlier).order_by(Order.id)
        async with self.engine.connect() as connection:
            shows = await connection.execute(select(Show.id, Show.sold).order_by(Show.id))
            return {
                "sold": [list(row) for row in shows],
                "orders": [list(row) for row in await connection.execute(new)],
            }


async def observe_add_orders(
    case: Desk, receipt: Any, add_orders: Any, url: str = ""
) -> dict[str, Any]:
    """Let guests ask once more, for something else, after what failed; and twice at once."""
    made = attempt_sync(lambda: add_orders(FastAPI()))
    seen: dict[str, Any] = {"made": made.as_dict() | {"value": None}}
    if made.ended != "returned":
        return seen
    engine = make_engine(url or None, pool_size=10)
    house = House(case, engine, receipt, add_orders)
    try:
        await fill(engine, _rows(case))
        async with engine.begin() as connection:
            await connection.run_sync(receipt.metadata.create_all)
        many = 10 * case.tickets + 10 * case.other_tickets
        seen["again"] = await house.ask_all(2 * case.tickets, case.again())
        if seen["again"][0]["status"] not in SERVED:
            return seen
        seen["otherwise"] = await house.ask_all(many, case.otherwise())
        seen["of others"] = await house.ask_all(many, case.of_others())
        seen["sold out"] = await _sold_out(house)
        for name, plan in REFUSED.items():
            seen[name] = await _refused(house, plan, many)
        limit = FEW_ORDERS if url else MOST_ORDERS
        seen["at once"] = await _at_once(house, many, limit)
        seen["apart"] = None
        if seen["at once"]["in_memory"]:
            with a_process_each():
                seen["apart"] = await _at_once(house, many, limit)
    except Exception as error:
        return {"made": seen["made"], "table": describe(error)}
    finally:
        await close_all(house.session)
        await engine.dispose()
        house.others.dispose()
    return seen


# What the driver refuses of a first request, by how that is told.
REFUSED = {
    "the INSERT of the order was refused by the database": (ORDER,),
    "the COMMIT was refused by the database": (COMMIT,),
    "a second COMMIT was refused by the database": ("", COMMIT),
    "the program ended after its first COMMIT": ("", ENDS),
}


def _rows(case: Desk) -> list[Any]:
    titles = dict(zip(case.shows, ("The Tempest", "Lear"), strict=True))
    ids = (case.earlier, *case.guests)
    return [
        (Show, [{"id": one, "title": title, "capacity": 1} for one, title in titles.items()]),
        (Guest, [{"id": one, "email": f"{one}@lantern.example"} for one in ids]),
    ]


async def _sold_out(house: House) -> list[Plain]:
    """Let a guest ask when a place too few is left, and once more when there are enough."""
    await house.open(house.case.tickets - 1)
    first = await house.ask(house.case.ask())
    await house.more_places(house.case.tickets)
    return [first, await house.ask(house.case.ask())]


async def _refused(house: House, plan: Sequence[str], left: int) -> list[Plain]:
    """Let the driver refuse something of a first request; the second one is as any other."""
    await house.open(left)
    with house.refusals.of(plan):
        first = await house.ask(house.case.ask())
    return [first, await house.ask(house.case.ask())]


async def _at_once(house: House, left: int, limit: int) -> Plain:
    apps: list[FastAPI] = []

    def clicking(number: int) -> Callable[[], Awaitable[Any]]:
        async def click() -> Plain:
            got = await house.send(apps[number], house.case.ask())
            return {name: got[name] for name in ("status", "order", "error", "text")}

        return click

    async def before() -> None:
        await house.open(left)
        apps[:] = [house.app(), house.app()]

    clicks = clicking(0), clicking(1)
    return await every_order(house.engine, *clicks, before=before, look=house.look, limit=limit)


def judge_add_orders(case: Desk, seen: dict[str, Any]) -> Iterable[Finding]:
    if reason := _why_nothing(case, seen):
        yield Nothing(reason)
        return
    problems = (
        ("after", _why_not_after(case, seen)),
        ("again", _why_not_again(case, seen["again"])),
        ("body", _why_not_refused(case, seen["otherwise"])),
        ("guest", _why_not_of_others(case, seen["of others"])),
        ("failed", _why_not_as_new(case, seen)),
    )
    for promise, problem in problems:
        if problem:
            yield Broken(promise, problem)
    yield from _judge_at_once(case, seen)


def _why_nothing(case: Desk, seen: dict[str, Any]) -> str | None:
    if reason := interruption(seen["made"], "add_orders"):
        return reason
    if "table" in seen:
        return f"The table of Receipt could not be used: {seen['table']}."
    first = seen["again"][0]
    path = f"POST /shows/{case.shows[0]}/orders"
    if reason := interruption(first["outcome"], path):
        return reason
    if first["status"] in (404, 405):
        return f"{path} was answered with {first['status']}: is there such a route?"
    if first["status"] not in SERVED:
        return f"{path}, a first request with a key, was answered with {_told(first)}."
    if first["order"] is None:
        return f'{path} was answered with {_told(first)}; `{{"order": …}}`, its id, is due.'
    return None


def _told(got: Plain) -> str:
    """Return the status, and what the app raised or said."""
    error, text = str(got.get("error") or "").rstrip("."), got.get("text")
    if error:
        where = f", which came from {got['where']}" if got.get("where") else ""
        cure = IT_IS_OVER if any(sign in error for sign in OVER) else ""
        return f"{got['status']}: {error}{where}{cure}"
    return f"{got['status']}, {text}" if text else f"{got['status']}"


def _is_served(got: Plain) -> bool:
    return got["status"] in SERVED


def _due(case: Desk, asks: Sequence[tuple[Ask, Any]]) -> Plain:
    """Return what is in the tables when these orders are stored, and no others."""
    sold = dict.fromkeys(case.shows, EARLIER)
    for ask, _ in asks:
        sold[ask.show] += ask.tickets
    # No number is what no order in the table has.
    numbered = ((order if isinstance(order, int) else -1, ask) for ask, order in asks)
    rows = sorted([order, ask.show, ask.guest, ask.tickets] for order, ask in numbered)
    return {"sold": sorted(map(list, sold.items())), "orders": rows}


def _in_the_tables(found: Plain) -> str:
    rows = [f"order {one} of guest {guest}, tickets: {n}" for one, _, guest, n in found["orders"]]
    sold = ", ".join(f"{sold} of show {show}" for show, sold in found["sold"])
    return f"{'; '.join(rows) or 'no order'}; `sold`: {sold}"


def _why_not_after(case: Desk, seen: dict[str, Any]) -> str:
    first = seen["again"][0]
    if first["order"] is not None and first["order"] not in first["stored"]:
        return (
            "When the answer to a first request began to go out, nobody else could see its order: "
            "not committed yet."
        )
    for what in REFUSED:
        one = seen[what][0]
        if _is_served(one) and one["order"] not in [row[0] for row in one["after"]["orders"]]:
            return f"When {what}, the guest was told {_told(one)}: nothing of it is stored."
    return ""


def _why_not_again(case: Desk, got: list[Plain]) -> str:
    first, second, third, fourth = got
    ask, other = case.again()[:2]
    if not _is_served(second):
        return (
            "A second order of the same guest, with a key of its own, was answered with "
            f"{_told(second)}."
        )
    due = _due(case, [(ask, first["order"]), (other, second["order"])])
    if second["after"] != due:
        return (
            f"One guest ordered {ask.tickets} of show {ask.show} twice, with two keys, and was "
            f"told {first['text']} and {second['text']}. In the tables: "
            f"{_in_the_tables(second['after'])}."
        )
    if first["status"] != 201:
        return f"A first request is answered with 201; this one was answered with {_told(first)}."
    for again, before in ((third, first), (fourth, second)):
        told = (
            "A guest was told that there is an order; then all is sold out. The same request with "
            "the same key was answered with "
        )
        if not _is_served(again) or again["order"] != before["order"]:
            return f"{told}{_told(again)}; the first answer was {before['text']}."
        if again["after"] != due:
            return f"{told}{_told(again)}. In the tables: {_in_the_tables(again['after'])}."
    return ""


def _why_not_refused(case: Desk, got: list[Plain]) -> str:
    first, *others, last = got
    ask, *asks, _ = case.otherwise()
    if not _is_served(first):
        return ""
    for one, other in zip(asks, others, strict=True):
        what = f"{one.tickets} tickets for show {one.show}"
        if other["status"] != 422:
            return (
                f"Under the key of an order of {ask.tickets} tickets for show {ask.show} the guest "
                f"asked for {what}, and was answered with {_told(other)}; 422 is due."
            )
    # Whoever is never told of the first order is told so elsewhere.
    is_another = last["order"] not in (None, first["order"])
    if last["after"] != first["after"] or is_another:
        return (
            "After other requests under its key, which were answered with 422, the first one was "
            f"answered with {_told(last)}. In the tables: {_in_the_tables(last['after'])}."
        )
    return ""


def _why_not_of_others(case: Desk, got: list[Plain]) -> str:
    asks = case.of_others()
    firsts = got[:3]
    for ask, one in zip(asks[1:3], firsts[1:], strict=True):
        told = (
            f"Guest {asks[0].guest} has an order under a key; guest {ask.guest} came with the same "
            f"key, by chance, and was answered with {_told(one)}"
        )
        if not _is_served(one):
            return f"{told}."
        if one["order"] in [other["order"] for other in firsts if other is not one]:
            return f"{told}: that is the other guest's order."
    due = sorted([one["order"], ask.guest] for ask, one in zip(asks, firsts, strict=False))
    if [[order, guest] for order, _, guest, _ in firsts[2]["after"]["orders"]] != due:
        return (
            "Three guests ordered under the same key. In the tables: "
            f"{_in_the_tables(firsts[2]['after'])}."
        )
    for ask, again, before in zip(asks[3:], got[3:], (got[1], got[0]), strict=True):
        # Whoever is never told of the first order is told so elsewhere.
        others = [one["order"] for one in firsts if one is not before]
        if again["order"] in others:
            return (
                f"Two guests have an order under the same key. Guest {ask.guest} asked once more, "
                f"and was answered with {_told(again)}; the first answer was {before['text']}."
            )
    return ""


def _why_not_as_new(case: Desk, seen: dict[str, Any]) -> str:
    """Say what was wrong when a guest asked once more, after something that had failed."""
    ask = case.ask()
    first, second = seen["sold out"]
    told = f"A guest asked for {ask.tickets} tickets, of which {ask.tickets - 1} were left"
    if first["status"] != 409:
        return f"{told}, and was answered with {_told(first)}; 409 is due."
    if first["after"] != _due(case, []):
        return f"{told}, and was told 409. In the tables: {_in_the_tables(first['after'])}."
    told = "A guest was told 409, sold out. Then places came back, and the same request, same key,"
    if reason := _why_not_sold(case, told, second):
        return reason
    for what in REFUSED:
        first, second = seen[what]
        if _is_served(first):
            continue  # whether that was true, and is told again, is judged elsewhere
        told = (
            f"When {what}, a first request was answered with {first['status'] or 'nothing'}. "
            "The same request, same key,"
        )
        if reason := _why_not_sold(case, told, second):
            return reason
    return ""


def _why_not_sold(case: Desk, told: str, got: Plain) -> str:
    if reason := interruption(got["outcome"], told):
        return reason
    if not _is_served(got):
        return f"{told} was answered with {_told(got)}: the key of what failed is still there."
    if got["after"] != _due(case, [(case.ask(), got["order"])]):
        found = _in_the_tables(got["after"])
        return f"{told} was answered with {_told(got)}. In the tables: {found}."
    return ""


def _judge_at_once(case: Desk, seen: dict[str, Any]) -> Iterator[Broken]:
    at_once, apart = seen["at once"], seen["apart"]
    yield from _judge_explored(case, at_once, "")
    if apart:
        told = (
            "In one process it holds, since one request waits for the other in the program's "
            "memory; in two processes, each with a lock of its own, it does not. "
        )
        yield from _judge_explored(case, apart, told)


def _judge_explored(case: Desk, explored: Plain, told: str) -> Iterator[Broken]:
    what = "A request that comes twice at once"
    if reason := why_not_explored(explored, what) or why_no_proof(explored, what):
        yield Broken("once", told + reason)
        return
    for end in explored["ends"]:
        wrong = _why_not_once(case, end)
        if wrong and not end["steps"]:
            told += "The database was not asked, and memory is that of one process. "
            yield Broken("once", told + wrong)
            return
        if wrong:
            yield broken_by("once", told + wrong, end, CLICKS, wrong.partition(": ")[0])
            return


def _was_answered(name: str, got: Plain) -> str:
    return f"{name.capitalize()} was answered with {_told({'status': None} | got)}"


def _why_not_once(case: Desk, end: Plain) -> str:
    orders = [row[0] for row in end["left"]["orders"]]
    answers = []
    for name, outcome in zip(CLICKS, end["outcomes"], strict=False):
        if reason := interruption(outcome, name.capitalize()):
            return reason
        if outcome["ended"] == "never" or not isinstance(outcome["value"], dict):
            return f"{name.capitalize()} never got an answer: {outcome['error']}."
        answers.append(outcome["value"])
    if len(orders) > 1:
        return f"One wish came twice, under one key, and there are {len(orders)} orders."
    for name, got in zip(CLICKS, answers, strict=False):
        if got.get("status") not in (*SERVED, 409):
            return f"{_was_answered(name, got)}. The order's id is due, or 409."
    if not orders:
        return "One wish came twice, under one key, and there is no order."
    for name, got in zip(CLICKS, answers, strict=False):
        if got.get("status") in SERVED and got.get("order") != orders[0]:
            return f"{_was_answered(name, got)}. The order's id is due, {orders[0]}, or 409."
    if all(got.get("status") == 409 for got in answers):
        return "There is an order, and both clicks were told 409."
    if end["left"] != _due(case, [(case.ask(), orders[0])]):
        return f"In the tables: {_in_the_tables(end['left'])}."
    return ""


ADD_ORDERS = Exercise(
    id="ch06-ex4",
    title="The impatient guest",
    objectives=("idempotent",),
    answers=("Receipt", "add_orders"),
    promises={
        "again": "the same request with the same key is answered with the same order's id, also "
        "when all is sold out by then, and another key is another order",
        "body": "another show, or another number of tickets, under the same key is answered with "
        "422, and changes nothing",
        "guest": "the same key of another guest is another order",
        "once": "of two such requests at once, in every order of their steps, comes one order; "
        "each is answered with its id or with 409, and at least one with its id",
        "failed": "what failed keeps no key, so that it may be asked again",
        "after": "no answer says that there is an order before its COMMIT",
    },
    hints=(
        "Who comes second? The database knows, if the first statement is the one that cannot be "
        "done twice.",
        "Begin with the INSERT of the receipt, in a savepoint (`session.begin_nested()`): "
        "an `IntegrityError` says that there is one already. All that follows is in the same "
        "transaction.",
        "In the `except`, read the receipt of this guest and this key; if it was for something "
        "else, raise a 422, or else return its order. Otherwise sell, and write the order's id "
        "into the receipt. The COMMIT comes with the function's scope.",
    ),
    draw=draw_desk,
    observe=observe_add_orders,
    judge=judge_add_orders,
    elsewhere=Elsewhere(observe_add_orders, "in some orders of two requests' steps"),
)
