"""ch04-ex4: who asks for the guest and who asks for the session share one session."""

import asyncio
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from random import Random
from typing import Any

from fastapi import FastAPI

from course.checking.attempts import Outcome, attempt_sync, interruption
from course.checking.exercise import Broken, Exercise, Finding, Nothing
from course.checks.ch04_dependencies.desk import Desk, desk, how_it_failed, why_not_made
from course.checks.sessions import Rows
from lantern.theatre import Guest, Order, Show
from lantern.theatre.models import FIRST_NIGHT

ORDERS = "SELECT id, show_id, guest_id, total_cents FROM orders ORDER BY id"
NO_DEPENDS = (
    "FastAPI takes such a parameter without Depends for something that the client sends: it is "
    "`Annotated[…, Depends(…)]`."
)
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


def judge_add_order(case: Counter, seen: dict[str, Any]) -> Iterable[Finding]:
    if reason := _why_no_order(case, seen):
        yield Nothing(reason)
        return
    written = list(_judge_written(case, seen))
    yield from written
    one = list(_judge_one(seen))
    yield from one
    # What one request alone does wrong, two do as well, and are not told again.
    if not written and not one and (reason := _why_not_at_once(case, seen)):
        yield Broken("one", reason)
    yield from _judge_refused(case, seen)
    yield from _judge_early(case, seen)
    yield from _judge_returned(case, seen)


def _why_no_order(case: Counter, seen: dict[str, Any]) -> str | None:
    if reason := why_not_made(seen["made"], "add_order", NO_DEPENDS):
        return reason
    first = seen["ordered"][0]
    path = f"POST /shows/{case.show}/orders"
    if reason := interruption(first, path):
        return reason
    if first["status"] in (404, 405):
        return (
            f"{path} was answered with {first['status']}, and there are this show and this guest. "
            "Is there such a route, with this method?"
        )
    if first["status"] != 201:
        return (
            f"{path} with x-guest: {case.ordering[0]}, who stands in the table, was answered with "
            f"{first['status']} in place of 201{how_it_failed(first)}."
        )
    return None


def _stored(case: Counter) -> list[list[int]]:
    return [[order, case.show, guest, CENTS] for order, guest in sorted(case.orders.items())]


def _judge_written(case: Counter, seen: dict[str, Any]) -> Iterator[Broken]:
    stored = _stored(case)
    for guest, request in zip(case.ordering, seen["ordered"], strict=True):
        if request["status"] != 201:
            return  # and that is told with the sessions
        new = [row for row in request["after"] if row not in stored]
        told = f"Guest {guest} ordered, and the answer was 201."
        if not new:
            yield Broken("written", f"{told} No row came: it was not committed.")
            return
        if len(new) > 1 or new[0][1:] != [case.show, guest, 0]:
            rows = ", ".join(f"guest {row[2]} of show {row[1]}, {row[3]} cents" for row in new)
            yield Broken(
                "written",
                f"{told} One order of this guest and show {case.show}, 0 cents, is due; in the "
                f"table came {rows}.",
            )
            return
        if not request["committed"]:
            yield Broken(
                "written",
                f"{told} The order is in the table, and no COMMIT was sent: on SQLite as it is "
                "shipped the end of a savepoint that no transaction surrounds commits, and "
                "elsewhere nothing is stored then. Or each statement commits by itself, in "
                "AUTOCOMMIT.",
            )
            return
        if new[0] not in request["first"]:
            yield Broken(
                "written",
                f"{told} When its first byte came, no other connection could see the order; "
                "afterwards it was there: COMMIT came after the answer.",
            )
            return
        due = {"order": new[0][0], "guest": case.guests[guest]}
        if request["body"] != due:
            yield Broken("written", f"{told} It says {request['body']!r}; {due!r} is due.")
            return
        stored += new
    guest, said = case.ordering[0], seen["corrected"]
    if isinstance(said, dict) and said.get("guest") == case.guests[guest]:
        yield Broken(
            "written",
            f"Guest {guest} ordered; the address was corrected in the table to {case.corrected}; "
            f"the guest ordered again. The answer says {said['guest']}, as before: it was kept "
            "from another request.",
        )
    locked = seen["locked"][0]
    if locked["status"] == 201:
        yield Broken(
            "written",
            "COMMIT failed, since the database was locked, and the guest was told 201: the error "
            "was caught on its way, and is to go on.",
        )


def _judge_one(seen: dict[str, Any]) -> Iterator[Broken]:
    for request in seen["ordered"]:
        made = {name: request[name] for name in ("read", "write")}
        if request["status"] != 201:
            yield Broken(
                "one",
                "The first guest's order was answered with 201, the second guest's with "
                f"{request['status']}{how_it_failed(request)}. Each request has its own session.",
            )
        elif made == {"read": 0, "write": 1} and request["taken"] == request["begun"] == 1:
            continue
        elif request["read"] + request["write"] == 1 and request["write"]:
            yield Broken("one", _why_not_one_transaction(request))
        else:
            yield Broken("one", _why_not_one_session(made))
        return


def _why_not_at_once(case: Counter, seen: dict[str, Any]) -> str | None:
    guest, request = case.ordering[0], seen["at once"]["ordered"]
    told = f"While guest {guest} ordered, somebody came without the header x-guest."
    if reason := interruption(request, f"{told} The order"):
        return reason
    if request["status"] != 201:
        return (
            f"{told} The order was answered with {request['status']}{how_it_failed(request)}. What "
            "is kept for the app, and not for the request, such as `app.state`, is another "
            "request's as well."
        )
    guests = [row[2] for row in seen["at once"]["rows"] if row not in _stored(case)]
    if guests != [guest]:
        return f"{told} In the table came orders of {guests or 'nobody'}; one of {guest} is due."
    return None


def _why_not_one_session(made: dict[str, int]) -> str:
    told = " and ".join(f"{count} of app.state.{name}" for name, count in made.items() if count)
    due = "one of app.state.write is due, for the guest and for the endpoint"
    if not told:
        return f"One order made no session of app.state.read or of app.state.write; {due}."
    if sum(made.values()) == 1:
        return f"The session of an order was {told}; {due}."
    return (
        f"One order made {sum(made.values())} sessions, {told}; {due}. Two sessions are two "
        "connections: where the first holds its own while the second asks for one, as many guests "
        "at once as the pool has connections wait for each other. A dependency is shared in a "
        "request where function, scope and use_cache agree."
    )


def _why_not_one_transaction(request: dict[str, Any]) -> str:
    return (
        f"One order had one session of app.state.write, and {request['begun']} transactions on "
        f"{request['taken']} connections, one after the other or side by side. One is due: what "
        "was true of the guest is to be true still when the order is written."
    )


def _judge_refused(case: Counter, seen: dict[str, Any]) -> Iterator[Broken]:
    stored = _stored(case)
    strangers = (f"with x-guest: {name}, whom nobody knows," for name in case.strangers)
    for request, whose in (
        *zip(seen["stranger"], strangers, strict=True),
        *_without_a_number(case, seen),
    ):
        if reason := interruption(request, f"A request {whose}"):
            yield Broken("refused", reason)
            return
        if request["status"] != 401:
            why = ""
            if request["status"] == 422:
                why = (
                    " With 422 FastAPI itself refuses a header that is missing, or not of its "
                    "declared type: declare it as `str | None`, and look at it yourself."
                )
            yield Broken(
                "refused",
                f"A request {whose} was answered with {request['status']}{how_it_failed(request)}; "
                f"401 is due.{why}",
            )
            return
        if request["after"] != stored:
            yield Broken(
                "refused",
                f"A request {whose} was answered with 401, and there is a new row in orders.",
            )
            return


def _without_a_number(case: Counter, seen: dict[str, Any]) -> Iterator[tuple[dict[str, Any], str]]:
    """Yield the requests that name nobody, and what each of them came with."""
    yield seen["nobody"][0], "without the header x-guest"
    for name, request in zip(case.unreadable, seen["in words"], strict=True):
        yield request, f"with x-guest: {name}"


def _judge_early(case: Counter, seen: dict[str, Any]) -> Iterator[Broken]:
    for request, whose in _without_a_number(case, seen):
        if request["taken"]:
            yield Broken(
                "early",
                f"A request {whose} took a connection. Of a header "
                "that names nobody the database has nothing to say: refuse it before the first "
                "statement. A session takes no connection until then.",
            )
            return


def _judge_returned(case: Counter, seen: dict[str, Any]) -> Iterator[Broken]:
    for name, what in (
        ("ordered", "that was answered with 201"),
        ("stranger", "of a guest whom nobody knows"),
        ("nobody", "without the header x-guest"),
        ("in words", f"with x-guest: {case.unreadable[0]}"),
        ("locked", "whose COMMIT failed"),
    ):
        if seen[name][0]["out"]:
            yield Broken(
                "returned",
                f"After a request {what} a connection was still out. What closes the session has "
                "to run on every way out, as the end of `async with` does.",
            )
            return


ADD_ORDER = Exercise(
    id="ch04-ex4",
    title="One guest, one session",
    objectives=("connections",),
    answers=("add_order",),
    promises={
        "written": "the guest's order is committed before the first byte of the answer",
        "one": "guest and endpoint share one session, one transaction, one connection",
        "refused": "whoever names no guest of the theatre gets a 401, and no row",
        "early": "a header that is missing, or no number, is refused before a connection is taken",
        "returned": "the connection goes back, however the request ends",
    },
    hints=(
        "A dependency may depend on another one. FastAPI opens it once for all who ask for it in "
        "the same way: with the same alias.",
        "`async def current_guest(session: WriteSession, x_guest: Annotated[str | None, Header()] "
        "= None) -> Guest:` looks at the header first, and then asks the session. The endpoint "
        "takes `guest: Annotated[Guest, Depends(current_guest)]` and `session: WriteSession`.",
    ),
    draw=draw_counter,
    observe=observe_add_order,
    judge=judge_add_order,
)
