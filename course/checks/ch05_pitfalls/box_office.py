"""ch05-ex3: a module that looks like what people write, with eight faults to repair.

Each promise is asked in a database of its own, through functions that no other promise needs, so
an answer that repairs some of the faults keeps as many promises.
"""

import asyncio
import contextlib
import gc
import json
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from random import Random
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from course.checking.attempts import attempt, attempt_sync, describe, interruption, plain
from course.checking.exercise import AsGiven, Broken, Exercise, Finding
from course.checking.patience import SOON, until_idle
from course.checks.sessions import Rows, fill
from lantern import Response, asgi_call
from lantern.events import listening
from lantern.pool import connections_in_use
from lantern.theatre import Guest, Hold, Order, Seat, Show, make_engine, make_sync_engine

CONNECTIONS = 4  # more than the two requests need that come at once
JSON = {"Content-Type": "application/json"}
# Minutes from the first hold to each hold and each look, and the look's distance from UTC in
# hours; what is due then are the seats whose five minutes are not over.
HOLDS = ((0, 5.5), (3, -7), (2, 0))
LOOKS = ((4, 9, (0, 1, 2)), (6, -3, (1, 2)), (9, 0, ()))


@dataclass(frozen=True)
class Evening:
    """What one run hands to the module: orders, addresses, moments and counts."""

    orders: dict[int, tuple[int, int, int]]  # show, guest and cents, by id
    show: int
    another: int  # a show, too
    guests: tuple[int, int]
    cancelled: int
    known: tuple[str, ...]
    emails: tuple[str, ...]
    spoilt: tuple[str, ...]  # addresses of which one is known
    opening: datetime
    capacity: int
    more: int
    meanwhile: int
    counts: tuple[dict[str, Any], ...]
    failing: tuple[int, int]  # places in `emails` to which sending fails
    stopped: int  # the place in `emails` at which the sending is cancelled


def draw_evening(random: Random) -> Evening:
    """Draw two shows with several orders each, and lists in no order."""
    show, another = random.sample(range(10, 99), 2)
    guests = random.sample(range(100, 999), 2)
    ids = random.sample(range(1_000, 9_999), 7)
    cents = random.sample(range(1_000, 9_000), 7)
    of = [show, show, another, show, another, show, another]
    orders = {
        number: (of[place], guests[place % 2], cents[place]) for place, number in enumerate(ids)
    }
    names = [f"guest{n}@lantern.example" for n in random.sample(range(1_000, 9_999), 13)]
    known, emails, spoilt = names[:3], names[3:9], names[9:]
    spoilt.insert(random.randint(2, 3), known[1])
    capacity, more, meanwhile = random.sample(range(11, 99), 3)
    doors = random.sample(["north", "south", "balcony", "stage"], 3)
    counts = tuple({"door": door, "guests": random.randint(3, 90)} for door in doors)
    first, second = random.sample([0, 1, 3, 4], 2)
    opening = datetime(2027, 3, 1, 12, tzinfo=UTC) + timedelta(minutes=random.randint(0, 500_000))
    return Evening(
        orders, show, another, (guests[0], guests[1]), random.choice(ids[1:]), tuple(known),
        tuple(emails), tuple(spoilt), opening, capacity, more, meanwhile, counts,
        (first, second), random.randint(1, 3),
    )  # fmt: skip


def rows_of(case: Evening, orders: bool = True) -> tuple[Rows, ...]:
    """Return the shows, the guests with the known addresses, and the orders unless not wanted."""
    shows = [
        {"id": number, "title": f"Show {number}", "capacity": case.capacity}
        for number in (case.show, case.another)
    ]
    people = [
        {"id": number, "email": email}
        for number, email in zip((*case.guests, 5), case.known, strict=True)
    ]
    columns = ("show_id", "guest_id", "total_cents")
    sold = [
        {"id": number, **dict(zip(columns, values, strict=True))}
        for number, values in case.orders.items()
    ]
    return ((Show, shows), (Guest, people), (Order, sold if orders else []))


@dataclass
class Database:
    """A database of one promise: the engine that an answer uses, and one to look through."""

    engine: AsyncEngine
    other: AsyncEngine

    async def call(self, function: Any, *arguments: Any) -> dict[str, Any]:
        """Call an answer with a session of its own, which is closed; return how it ended."""
        session = AsyncSession(self.engine, expire_on_commit=False)
        try:
            outcome = await attempt(lambda: function(session, *arguments))
            capacity = plain(getattr(outcome.value, "__dict__", {}).get("capacity"))
            return {**outcome.as_dict(), "capacity": capacity}
        finally:
            with contextlib.suppress(Exception):
                await session.close()

    async def rows(self, *columns: Any) -> list[list[Any]]:
        """Return what others see of these columns, sorted."""
        async with self.other.connect() as connection:
            found = await connection.execute(select(*columns))
            return sorted([plain(value) for value in row] for row in found)


@contextlib.asynccontextmanager
async def database(rows: Iterable[Rows], as_shipped: bool = False) -> AsyncIterator[Database]:
    """Give a new database with these rows, and leave nothing of it."""
    engine = make_engine(as_shipped=as_shipped, pool_size=CONNECTIONS, max_overflow=0)
    other = make_engine(engine.url, as_shipped=as_shipped)
    try:
        await fill(engine, rows)
        yield Database(engine, other)
    finally:
        await engine.dispose()
        await other.dispose()


async def observe_box_office(
    case: Evening,
    make_app: Any,
    door_count: Any,
    cancel_order: Any,
    import_guests: Any,
    hold_seat: Any,
    release_expired: Any,
    add_seats: Any,
    store_counts: Any,
    remind: Any,
) -> dict[str, Any]:
    """Ask for each of the eight promises by itself."""
    collects = gc.isenabled()
    gc.disable()  # what is closed by the garbage collector alone is not closed
    try:
        return {
            "deleted": await _cancelled(case, cancel_order),
            "whole": await _imported(case, import_guests),
            "minutes": await _held(case, hold_seat, release_expired),
            "shown": await _shown(case, make_app),
            "own": await _at_once(case, make_app),
            "current": await _enlarged(case, add_seats),
            "nothing": await _counted(case, door_count, store_counts),
            "stopped": await _reminded(case, remind),
        }
    finally:
        if collects:
            gc.enable()
        gc.collect()
        await until_idle(SOON)  # what was collected may have an end of its own


async def _cancelled(case: Evening, cancel_order: Any) -> dict[str, Any]:
    async with database(rows_of(case)) as base:
        strange = max(case.orders) + 1
        unknown = await base.call(cancel_order, strange)
        outcome = await base.call(cancel_order, case.cancelled)
        left = [row[0] for row in await base.rows(Order.id)]
    return {"outcome": outcome, "unknown": unknown, "left": left}


async def _imported(case: Evening, import_guests: Any) -> dict[str, Any]:
    async with database(rows_of(case, orders=False)) as base:
        spoilt = await base.call(import_guests, list(case.spoilt))
        kept = [row[0] for row in await base.rows(Guest.email)]
    async with database(rows_of(case, orders=False)) as base:
        whole = await base.call(import_guests, list(case.emails))
        stored = [row[0] for row in await base.rows(Guest.email)]
    return {"spoilt": spoilt, "kept": kept, "whole": whole, "stored": stored}


def _moment(case: Evening, minutes: float, hours: float) -> datetime:
    """Return the moment so many minutes after the opening, as clocks of another place tell it."""
    moment = case.opening + timedelta(minutes=minutes)
    return moment.astimezone(timezone(timedelta(hours=hours)))


async def _held(case: Evening, hold_seat: Any, release_expired: Any) -> dict[str, Any]:
    seats = [
        {"id": number, "show_id": case.show, "label": f"A{number}", "price_cents": 2500}
        for number in range(1, len(HOLDS) + 1)
    ]
    calls, looks = [], []
    async with database((*rows_of(case, orders=False), (Seat, seats))) as base:
        for place, (minutes, hours) in enumerate(HOLDS):
            now = _moment(case, minutes, hours)
            calls.append(await base.call(hold_seat, place + 1, case.guests[0], now))
        made = [row[0] for row in await base.rows(Hold.seat_id)]
        for minutes, hours, _ in LOOKS:
            calls.append(await base.call(release_expired, _moment(case, minutes, hours)))
            looks.append([row[0] for row in await base.rows(Hold.seat_id)])
    return {"calls": calls, "made": made, "looks": looks}


async def _agree(guest_id: int, cents: int) -> bool:
    return True


async def _shown(case: Evening, make_app: Any) -> dict[str, Any]:
    async with database(rows_of(case)) as base:
        made = attempt_sync(lambda: make_app(base.engine, _agree))
        seen: dict[str, Any] = {"made": {**made.as_dict(), "value": None}}
        if made.ended == "returned":
            seen["show"] = await _asked(made.value, f"/shows/{case.show}")
        made = attempt_sync(lambda: make_app(base.engine, _agree))
        if made.ended == "returned":
            seen["none"] = await _asked(made.value, f"/shows/{case.show + 100}")
    return seen


async def _asked(app: Any, path: str) -> dict[str, Any]:
    outcome = await attempt(lambda: asgi_call(app, "GET", path))
    return {"outcome": {**outcome.as_dict(), "value": None}, **_told(outcome.value)}


def _told(response: Any) -> dict[str, Any]:
    """Return status, body and error of a response, as plain data."""
    if not isinstance(response, Response):
        return {"status": None, "body": None, "error": ""}
    body = None
    with contextlib.suppress(ValueError):
        body = json.loads(response.body)
    error = response.error
    told = "" if error is None else f"{describe(error)} {_detail(error)}".strip()
    return {"status": response.status, "body": plain(body), "error": told}


def _detail(error: BaseException) -> str:
    """Return what FastAPI's errors of validation say below their first line."""
    errors = getattr(error, "errors", None)
    told = errors() if callable(errors) else []
    return str(told[0].get("msg", "")).partition("\n")[0] if told else ""


@dataclass
class Till:
    """Two guests pay: the first one's card takes until the second one has been served.

    `first_pays` says which of the two is accepted.
    """

    guests: tuple[int, int]
    first_pays: bool

    def __post_init__(self) -> None:
        self.reached = asyncio.Event()
        self.served = asyncio.Event()

    async def pay(self, guest_id: int, cents: int) -> bool:
        """Return whether a guest's card is accepted."""
        if guest_id != self.guests[0]:
            return not self.first_pays
        self.reached.set()
        await self.served.wait()
        return self.first_pays


async def _at_once(case: Evening, make_app: Any) -> dict[str, Any]:
    rounds = [await _two_guests(case, make_app, first_pays) for first_pays in (True, False)]
    async with database(rows_of(case)) as base:
        made = attempt_sync(lambda: make_app(base.engine, _agree))
        out = 0
        if made.ended == "returned":
            await _asked(made.value, f"/shows/{case.show}")
            await until_idle(SOON)
            out = connections_in_use(base.engine)
    return {"made": {**made.as_dict(), "value": None}, "rounds": rounds, "out": out}


async def _two_guests(case: Evening, make_app: Any, first_pays: bool) -> dict[str, Any]:
    """Let two guests buy at once, of whom one is refused."""
    till = Till(case.guests, first_pays)
    async with database(rows_of(case, orders=False)) as base:
        made = attempt_sync(lambda: make_app(base.engine, till.pay))
        if made.ended != "returned":
            return {"rows": [], "answers": [], "waited": False}

        def buy(guest_id: int) -> asyncio.Task[Any]:
            wish = {"show_id": case.show, "guest_id": guest_id, "total_cents": 10 * guest_id}
            body = json.dumps(wish).encode()
            call = asgi_call(made.value, "POST", "/orders", body=body, headers=JSON)
            return asyncio.ensure_future(attempt(lambda: call))

        first = buy(case.guests[0])
        await until_idle(SOON, till.reached.is_set)
        second = buy(case.guests[1])
        await until_idle(SOON, second.done)
        waited = not second.done()
        till.served.set()
        answers = [_told((await one).value) for one in (first, second)]
        await until_idle(SOON)
        rows = await base.rows(Order.guest_id, Order.total_cents)
    return {"rows": rows, "answers": answers, "waited": waited}


async def _enlarged(case: Evening, add_seats: Any) -> dict[str, Any]:
    # As shipped: between a SELECT and the UPDATE others may write, as on most databases.
    async with database(rows_of(case, orders=False), as_shipped=True) as base:
        with _another_before_the_first_update(case, base) as added:
            outcome = await base.call(add_seats, case.show, case.more)
        rows = await base.rows(Show.id, Show.capacity)
    return {"outcome": outcome, "rows": rows, "added": sum(added)}


@contextlib.contextmanager
def _another_before_the_first_update(case: Evening, base: Database) -> Iterator[list[int]]:
    """Let somebody else add seats right before the answer's first UPDATE; yield what was added.

    Whom the answer has locked out adds nothing.
    """
    url = base.engine.url.set(drivername="sqlite")
    engine = make_sync_engine(url, as_shipped=True, connect_args={"timeout": 0})
    enlarge = update(Show).where(Show.id == case.show)
    added: list[int] = []

    def before(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        if not added and statement.lstrip().upper().startswith("UPDATE"):
            added.append(0)
            with contextlib.suppress(OperationalError):
                with engine.begin() as other:
                    other.execute(enlarge.values(capacity=Show.capacity + case.meanwhile))
                added.append(case.meanwhile)

    with listening((base.engine.sync_engine, "before_cursor_execute", before)):
        yield added
    engine.dispose()


async def _counted(case: Evening, door_count: Any, store_counts: Any) -> dict[str, Any]:
    async with database(()) as base:
        try:
            async with base.engine.begin() as connection:
                await connection.run_sync(door_count.metadata.create_all)
            columns = (door_count.door, door_count.guests)
            none = await base.call(store_counts, [])
            after_none = await base.rows(*columns)
            first = await base.call(store_counts, [dict(case.counts[0])])
            rest = await base.call(store_counts, [dict(count) for count in case.counts[1:]])
            rows = await base.rows(*columns)
        except Exception as error:
            return {"table": describe(error)}
    return {"none": none, "after none": after_none, "some": [first, rest], "rows": rows}


async def _reminded(case: Evening, remind: Any) -> dict[str, Any]:
    sent: list[str] = []
    errors = (ConnectionError("the post office is closed"), ValueError("no such address"))
    bad = {case.emails[place]: error for place, error in zip(case.failing, errors, strict=True)}

    async def send(email: str) -> None:
        sent.append(email)
        if email in bad:
            raise bad[email]

    outcome = await attempt(lambda: remind(list(case.emails), send))
    return {"outcome": outcome.as_dict(), "sent": plain(sent), **await _stopped(case, remind)}


async def _stopped(case: Evening, remind: Any) -> dict[str, Any]:
    """Cancel the sending at one of its addresses; return how it ended, and what still went."""
    sent: list[str] = []
    reached = asyncio.Event()

    async def send(email: str) -> None:
        sent.append(email)
        if email == case.emails[case.stopped]:
            reached.set()
            await asyncio.Event().wait()

    async def run() -> None:
        await remind(list(case.emails), send)

    task = asyncio.ensure_future(run())
    await until_idle(SOON, lambda: reached.is_set() or task.done())
    ended_early, before = task.done(), len(sent)
    task.cancel()
    await until_idle(SOON, task.done)
    over, cancelled = task.done(), task.cancelled()
    if not over:
        task.cancel()
    with contextlib.suppress(BaseException):
        await asyncio.wait({task}, timeout=SOON)
        task.exception()
    return {
        "early": ended_early,
        "still sent": len(sent) - before,
        "over": over,
        "cancelled": cancelled,
    }


def judge_box_office(case: Evening, seen: dict[str, Any]) -> Iterable[Finding]:
    problems = {
        promise: problem
        for promise, why in WHY.items()
        if (problem := why(case, seen[promise])) is not None
    }
    for promise, problem in problems.items():
        yield Broken(promise, problem)
    if all(words in problems.get(promise, "") for promise, words in GIVEN.items()):
        yield AsGiven()


def _why_not_deleted(case: Evening, seen: dict[str, Any]) -> str | None:
    call = f"cancel_order(session, {case.cancelled})"
    if reason := interruption(seen["outcome"], call) or interruption(
        seen["unknown"], "cancel_order, for an id that no order has,"
    ):
        return reason
    others = sorted(set(case.orders) - {case.cancelled})
    if case.cancelled in seen["left"]:
        return (
            f"{call} returned {seen['outcome']['value']}, and order {case.cancelled} is still in "
            "the table."
        )
    if seen["left"] != others:
        return f"{call} left the orders {seen['left']}; {others} are due."
    if seen["outcome"]["value"] is not True or seen["unknown"]["value"] is not False:
        return (
            f"For an order cancel_order returned {seen['outcome']['value']!r}, and "
            f"{seen['unknown']['value']!r} where there is none: True and False are due."
        )
    return None


def _why_not_whole(case: Evening, seen: dict[str, Any]) -> str | None:
    known = sorted(case.known)
    stored = sorted(set(seen["kept"]) - set(known))
    if stored:
        return (
            f"Of {len(case.spoilt)} addresses one was known already. Afterwards {len(stored)} of "
            "the others were guests: the first half of a list that failed is stored."
            if seen["spoilt"]["ended"] == "raised"
            else f"Of {len(case.spoilt)} addresses one was known already, no error came out, and "
            f"{len(stored)} of the others are guests: a list is stored whole or not at all."
        )
    if seen["kept"] != known:
        return f"After a list that failed, the guests are {seen['kept']}; {known} are due."
    if seen["spoilt"]["ended"] == "returned":
        return (
            "Of a list with a known address nothing was stored, and import_guests returned "
            f"{seen['spoilt']['value']!r}: nobody is told. The error is to come out."
        )
    if seen["spoilt"]["ended"] != "raised":
        return interruption(seen["spoilt"], "import_guests")
    if reason := interruption(seen["whole"], "import_guests, for addresses that are all new,"):
        return reason
    due = sorted([*known, *case.emails])
    if seen["stored"] != due or seen["whole"]["value"] != len(case.emails):
        return (
            f"import_guests returned {seen['whole']['value']!r} for {len(case.emails)} new "
            f"addresses, of which {len(set(seen['stored']) & set(case.emails))} are guests now."
        )
    return None


def _why_not_five_minutes(case: Evening, seen: dict[str, Any]) -> str | None:
    for name, call in zip(
        ["hold_seat"] * len(HOLDS) + ["release_expired"] * len(LOOKS), seen["calls"], strict=True
    ):
        if reason := interruption(call, name):
            return reason
    if seen["made"] != [place + 1 for place in range(len(HOLDS))]:
        return f"After {len(HOLDS)} calls of hold_seat the seats {seen['made']} are held."
    for (minutes, hours, due), held in zip(LOOKS, seen["looks"], strict=True):
        for place, (began, zone) in enumerate(HOLDS):
            if (place in due) != (place + 1 in held):
                became = "was still held" if place + 1 in held else "was free"
                return (
                    f"A seat was held at {_moment(case, began, zone).isoformat()}. At "
                    f"{_moment(case, minutes, hours).isoformat()}, which is {minutes - began} "
                    f"minutes later, release_expired was called, and then it {became}."
                )
    return None


def _why_not_shown(case: Evening, seen: dict[str, Any]) -> str | None:
    if reason := interruption(seen["made"], "make_app"):
        return reason
    path, show, none = f"GET /shows/{case.show}", seen["show"], seen.get("none", {})
    if reason := interruption(show["outcome"], path):
        return reason
    if show["status"] != 200:
        told = show["error"] or show["body"]
        return f"{path} was answered with {show['status']}: {told}"
    due: dict[str, Any] = {
        "id": case.show,
        "title": f"Show {case.show}",
        "orders": sorted(
            ({"id": number, "total_cents": cents} for number, (of, _, cents) in case.orders.items()
             if of == case.show),
            key=str,
        ),
    }  # fmt: skip
    body = show["body"]
    found = body if isinstance(body, dict) else {}
    orders = found.get("orders")
    if not isinstance(orders, list):
        return f"The answer to {path} has no list of orders: {str(body)[:200]}."
    if {**found, "orders": sorted(orders, key=str)} != due:
        return (
            f"{path} was answered with {len(orders)} orders, {str(body)[:200]}; due are "
            f"{len(due['orders'])} orders, and of each id and total_cents, and id and title of "
            "the show."
        )
    if none.get("status") != 404:
        return f"A show that does not exist was answered with {none.get('status')}; 404 is due."
    return None


def _why_not_their_own(case: Evening, seen: dict[str, Any]) -> str | None:
    if reason := interruption(seen["made"], "make_app"):
        return reason
    first, second = case.guests
    for first_pays, one in zip((True, False), seen["rounds"], strict=True):
        buyer, refused = (first, second) if first_pays else (second, first)
        due = [[buyer, 10 * buyer]]
        told = f"Two guests bought at once, and guest {refused}'s card was refused."
        if one["waited"]:
            return (
                f"While guest {first}'s card was being asked, guest {second} was not served: "
                "requests wait for each other, as long as somebody else's card takes."
            )
        statuses = [answer["status"] for answer in one["answers"]]
        if one["rows"] != due:
            stored = [row[0] for row in one["rows"]] or "nobody"
            return (
                f"{told} Stored is an order of {stored}, and due is one of guest {buyer} alone. "
                f"The two were answered with {statuses}: what one request does reaches the other."
            )
        if statuses != ([201, 402] if first_pays else [402, 201]):
            errors = [answer["error"] for answer in one["answers"] if answer["error"]]
            return f"{told} The two were answered with {statuses}. {' '.join(errors)}".strip()
    if seen["out"]:
        return (
            "A request was over, and a connection was still out: its session is not closed, and "
            "waits for the garbage collector."
        )
    return None


def _why_not_current(case: Evening, seen: dict[str, Any]) -> str | None:
    call = f"add_seats(session, {case.show}, {case.more})"
    if reason := interruption(seen["outcome"], call):
        return reason
    rows = {str(number): capacity for number, capacity in seen["rows"]}
    before, told, stored = case.capacity, seen["outcome"]["capacity"], rows.get(str(case.show))
    due = before + seen["added"] + case.more
    meanwhile = f"Somebody else added {seen['added']}, and" if seen["added"] else "Then"
    told_of_both = f"A show had {before} seats. {meanwhile}"
    if rows.get(str(case.another)) != before:
        return f"{call} changed show {case.another} as well."
    if stored != due:
        return (
            f"{told_of_both} {call} was called at the same moment. {stored} stands in the "
            f"table; {due} are due."
        )
    if told is None:
        return f"{call} returned {seen['outcome']['value']}, which has no capacity that is loaded."
    if told != stored:
        return (
            f"{told_of_both} {call} returned a show of {told} seats, while {stored} stands in the "
            "table."
        )
    return None


def _why_not_nothing(case: Evening, seen: dict[str, Any]) -> str | None:
    if "table" in seen:
        return f"The table of DoorCount could not be used: {seen['table']}."
    if reason := interruption(seen["none"], "store_counts(session, [])"):
        return reason
    if seen["after none"]:
        return (
            f"After store_counts(session, []) there was a row, {seen['after none'][0]}, that "
            "nobody counted."
        )
    if seen["none"]["value"] != 0:
        return f"store_counts(session, []) returned {seen['none']['value']!r}; 0 is due."
    for outcome in seen["some"]:
        if reason := interruption(outcome, "store_counts"):
            return reason
    due = sorted([count["door"], count["guests"]] for count in case.counts)
    if seen["rows"] != due:
        return (
            f"After one list of 1 count and one of {len(due) - 1}, the rows are {seen['rows']}; "
            f"due are {due}."
        )
    returned = [outcome["value"] for outcome in seen["some"]]
    if returned != [1, len(due) - 1]:
        return f"store_counts returned {returned} for lists of 1 and {len(due) - 1} counts."
    return None


def _why_not_stopped(case: Evening, seen: dict[str, Any]) -> str | None:
    due = [case.emails[place] for place in sorted(case.failing)]
    if reason := interruption(seen["outcome"], f"remind, with {len(due)} bad addresses,"):
        return reason
    if seen["sent"] != list(case.emails):
        return (
            f"Of {len(case.emails)} addresses, two of them bad, remind sent to "
            f"{len(seen['sent'])}: each is tried, once, in order."
        )
    if seen["outcome"]["value"] != due:
        return f"remind returned {seen['outcome']['value']}; sending failed for {due}."
    if seen["early"]:
        return "remind had returned before its sending was over: nobody waited for it."
    if seen["still sent"]:
        return (
            f"remind was cancelled at its address {case.stopped + 1} of {len(case.emails)}, and "
            f"sent to {seen['still sent']} more."
        )
    if not seen["over"]:
        return "remind was cancelled, and had still not ended when nothing else could go on."
    if not seen["cancelled"]:
        return (
            "remind was cancelled and stopped sending, and then it returned or raised as if "
            "nobody had cancelled it: whoever awaits it, a timeout for one, is not told."
        )
    return None


WHY: dict[str, Callable[[Evening, dict[str, Any]], str | None]] = {
    "deleted": _why_not_deleted,
    "whole": _why_not_whole,
    "minutes": _why_not_five_minutes,
    "shown": _why_not_shown,
    "own": _why_not_their_own,
    "current": _why_not_current,
    "nothing": _why_not_nothing,
    "stopped": _why_not_stopped,
}
# What is said of the module as it is given.
GIVEN = {
    "deleted": "is still in the table",
    "whole": "the first half of a list that failed",
    "minutes": "and then it was free",
    "shown": "greenlet_spawn has not been called",
    "own": "what one request does reaches the other",
    "current": "returned a show of",
    "nothing": "that nobody counted",
    "stopped": "more.",
}

BOX_OFFICE = Exercise(
    id="ch05-ex3",
    title="Eight faults in one module",
    objectives=("loading", "failures", "stale", "times"),
    answers=(
        "make_app", "DoorCount", "cancel_order", "import_guests", "hold_seat", "release_expired",
        "add_seats", "store_counts", "remind",
    ),
    promises={
        "deleted": "an order that is cancelled is gone, and no other",
        "whole": "a list of guests is stored whole, or an error comes out and nothing is stored",
        "minutes": "a hold lasts five minutes, whatever time zone a clock shows",
        "shown": "the page of a show has its orders",
        "own": "requests at once neither undo each other nor wait, and give back what they took",
        "current": "add_seats returns what stands in the table, and two at once both count",
        "nothing": "an evening without counts leaves no row",
        "stopped": "one bad address does not stop the others, and a cancellation does",
    },
    hints=(
        "Begin with what the check saw, one sentence after the other, and ask which function it "
        "speaks of. Four of the eight raise no error anywhere: read the SQL with count_sql.",
        "Which calls return something that has to be awaited? Which statement does the session "
        "know nothing of? When is a list over? Who else uses this object?",
        "`session.delete` is a coroutine; a commit in a loop is many; `replace(tzinfo=None)` "
        "forgets the zone; the page reads what nobody loaded; one session is one transaction; "
        "text passes the session by; an INSERT without rows is one row of defaults; "
        "CancelledError is a BaseException.",
    ),
    draw=draw_evening,
    observe=observe_box_office,
    judge=judge_box_office,
)  # fmt: skip
