"""What is seen of ch04-ex2: readers who read to the end, who hang up, and who come in a crowd."""

import asyncio
import contextlib
import json
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from sqlalchemy import event, update
from sqlalchemy.ext.asyncio import AsyncEngine

from course.checking.attempts import attempt, attempt_sync, describe
from course.checking.patience import SOON, until_idle
from course.checks.ch04_dependencies.open_house import House, heard, open_house
from course.checks.sessions import as_it_likes, fill
from lantern import asgi_call, pool_watch
from lantern.pool import connections_in_use
from lantern.theatre import Guest, Order, Show
from lantern.wire import Message, Response

CONNECTIONS = 2
READERS = 10  # at once
MANY, SOME = 1_300, 20  # orders of the shows
KEYS = ("id", "guest_id", "total_cents")
SECONDS = 6.0  # of work, for one export

# What a server does when a reader hangs up, while a line is being sent: it tells the app, which
# cancels the answer; its `send` raises; it cancels the whole request. A hang-up that meets a query
# cancels it; where it lands is a matter of luck, and is none of these.
TELLS, RAISES, CANCELS = "tells", "raises", "cancels"
HANG_UPS = {
    "between two lines": TELLS,
    "and the server raised OSError in `send`": RAISES,
    "and the server cancelled the request": CANCELS,
}


@dataclass(frozen=True)
class Accounts:
    """The orders of three shows, by the show's id, in the order in which they came."""

    orders: dict[int, tuple[tuple[int, int, int], ...]]  # the values of KEYS
    long: int
    short: int
    empty: int
    guests: tuple[int, ...]

    def show_of(self, order_id: Any) -> int | None:
        """Return the id of the show that an order is for, or None."""
        shows = {row[0]: show for show, rows in self.orders.items() for row in rows}
        return shows.get(order_id)


def draw_accounts(random: Random) -> Accounts:
    """Draw orders of which no id can be guessed, mixed among the shows, with equal totals.

    One of the long show's has the id 1, and some were free.
    """
    long, short, empty, *guests = random.sample(range(100, 1_000), 8)
    ids = random.sample(range(1_000, 60_000), MANY + SOME)
    ids[random.randrange(MANY)] = 1
    totals = [0, *(random.randint(1_000, 99_999) for _ in range(30))]
    rows = [(one, random.choice(guests), random.choice(totals)) for one in ids]
    orders = {long: tuple(rows[:MANY]), short: tuple(rows[MANY:]), empty: ()}
    return Accounts(orders, long, short, empty, tuple(guests))


class Fetched:
    """Counts the rows that come from the database, as the driver hands them out."""

    def __init__(self, engine: AsyncEngine) -> None:
        self.rows = 0
        event.listen(engine.sync_engine, "connect", self._connect)

    def _connect(self, connection: Any, record: Any) -> None:
        connection.driver_connection.row_factory = self._row

    def _row(self, cursor: Any, row: Any) -> Any:
        self.rows += 1
        return row


@contextlib.asynccontextmanager
async def filled(house: House, case: Accounts) -> AsyncIterator[Fetched]:
    """Fill a house's database; while the block runs, rows are counted and keep no order."""
    fetched = Fetched(house.engine)
    shows = [{"id": one, "title": f"Evening {one}", "capacity": MANY} for one in case.orders]
    guests = [{"id": one, "email": f"{one}@lantern.example"} for one in case.guests]
    rows = [
        {"show_id": show_id, **dict(zip(KEYS, values, strict=True))}
        for show_id, orders in case.orders.items()
        for values in orders
    ]
    await fill(house.engine, [(Show, shows), (Guest, guests), (Order, rows)])
    with as_it_likes(house.engine):
        yield fetched


@dataclass
class Reader:
    """Reads an answer part by part, and pauses once, at the first that has anything in it."""

    house: House
    fetched: Fetched
    paused: bool = False
    lines: int = 0
    ahead: int = 0  # the most rows that had been fetched and not yet been sent
    held: int = 0  # connections, while the reader paused

    async def got(self, message: Message) -> None:
        """Take a part of the body."""
        body = message.get("body", b"")
        if body and not self.paused:
            self.paused = True
            await until_idle(SOON)
            self.held = connections_in_use(self.house.engine)
        self.ahead = max(self.ahead, self.fetched.rows - self.lines)
        self.lines += body.count(b"\n")


async def observe_add_export(case: Accounts, add_export: Any) -> dict[str, Any]:
    """Read three exports to the end, hang up in some, and let ten readers come at once."""
    async with open_house(CONNECTIONS) as house, filled(house, case) as fetched:
        made = attempt_sync(lambda: add_export(house.app))
        seen: dict[str, Any] = {"made": {**made.as_dict(), "value": None}}
        if made.ended != "returned":
            return seen
        seen["long"] = await _read(case, house, fetched, case.long)
        if not has_come(seen["long"]):
            return seen
        seen["short"] = await _read(case, house, fetched, case.short)
        seen["empty"] = await _read(case, house, fetched, case.empty)
        seen["hung up"] = {
            how: await _hung_up(case, house, server) for how, server in HANG_UPS.items()
        }
        # What a crowd is sent is read anew: nobody has seen these totals.
        case = await _corrected(case, house)
        seen["crowd"] = await _crowd(case, house)
        await _crowd(case, house, hang_up_at=1)
        seen["after them"] = await _crowd(case, house)
        return seen


async def _corrected(case: Accounts, house: House) -> Accounts:
    """Correct the totals of the short show's orders, and return the case with them."""
    rows = tuple((one, guest, cents + 1) for one, guest, cents in case.orders[case.short])
    dearer = update(Order).where(Order.show_id == case.short)
    async with house.engine.begin() as connection:
        await connection.execute(dearer.values(total_cents=Order.total_cents + 1))
    return replace(case, orders={**case.orders, case.short: rows})


def path_of(show_id: int) -> str:
    return f"/shows/{show_id}/orders"


async def _read(case: Accounts, house: House, fetched: Fetched, show_id: int) -> dict[str, Any]:
    """Read an export to its end, after a pause at its first line."""
    fetched.rows = 0
    reader = Reader(house, fetched)
    app = heard(house.app, reader.got)
    with pool_watch(house.engine) as watch:
        outcome = await attempt(lambda: asgi_call(app, "GET", path_of(show_id)), SECONDS)
    response = outcome.value if outcome.ended == "returned" else Response()
    return {
        "outcome": {**outcome.as_dict(), "value": None},
        "status": response.status,
        "error": describe(response.error) if response.error else "",
        "ahead": reader.ahead,
        "held": reader.held,
        "most": watch.most,
        "lines": _lines(case, show_id, response.body),
        "still out": await house.close_all(),
    }


def _lines(case: Accounts, show_id: int, body: bytes) -> dict[str, Any]:
    """Return what the lines of a body hold, as a few numbers, and the first that is wrong."""
    due = {values[0]: values for values in case.orders[show_id]}
    came: Counter[int] = Counter()
    lines = list(filter(None, body.decode(errors="replace").splitlines()))
    strange = None
    for line in lines:
        values = values_of(line)
        if values and due.get(values[0]) == values:
            came[values[0]] += 1
        else:
            strange = strange or line[:200]
    return {
        "count": len(lines),
        "missing": len(due) - len(came),
        "repeated": sum(times > 1 for times in came.values()),
        "strange": strange,
    }


def _are_wrong(lines: dict[str, Any]) -> bool:
    return bool(lines["missing"] or lines["repeated"] or lines["strange"])


def values_of(line: str) -> tuple[int, int, int] | None:
    """Return the values of a line in the order of KEYS, or None for what is no line of an order."""
    with contextlib.suppress(ValueError):
        found = json.loads(line)
        if isinstance(found, dict) and sorted(found) == sorted(KEYS):
            one, guest, total = (found[key] for key in KEYS)
            if all(type(value) is int for value in (one, guest, total)):
                return one, guest, total
    return None


async def _hung_up(case: Accounts, house: House, server: str) -> dict[str, Any]:
    """Hang up at the first line of an export; return how it ended, and what is still out."""
    requests: list[asyncio.Task[Response]] = []

    async def got(message: Message) -> None:
        if server == RAISES or not message.get("body"):
            return
        if server == CANCELS:
            requests[0].cancel()
        await until_idle(SOON)  # sending waits, so that what is cancelled is so here

    app = heard(house.app, got, hears_of_hang_ups=server == TELLS)

    async def ask() -> Response:
        asked = asgi_call(
            app, "GET", path_of(case.long), hang_up_at=1, raise_on_send=server == RAISES
        )
        requests.append(asyncio.create_task(asked))
        return await requests[0]

    outcome = await attempt(ask, SECONDS)
    return {"outcome": {**outcome.as_dict(), "value": None}, "still out": await house.close_all()}


async def _crowd(case: Accounts, house: House, hang_up_at: int | None = None) -> dict[str, Any]:
    """Let ten readers come at once; count whom all lines were sent, unless they hang up."""
    answers: list[Response] = []

    async def read() -> None:
        path = path_of(case.short)
        answers.append(await asgi_call(house.app, "GET", path, hang_up_at=hang_up_at))

    outcome = await attempt(lambda: asyncio.gather(*(read() for _ in range(READERS))), SECONDS)
    errors = [describe(one.error) for one in answers if one.error]
    served = [one for one in answers if one.complete and not one.error and one.status == 200]
    lines = [_lines(case, case.short, one.body) for one in served]
    await house.close_all()
    return {
        "outcome": outcome.as_dict(),
        "served": len(served),
        "wrong": sum(_are_wrong(one) for one in lines),
        "error": errors[0] if errors else "",
    }


def has_come(long: dict[str, Any]) -> bool:
    return bool(
        long["outcome"]["ended"] == "returned" and long["status"] == 200 and not long["error"]
    )
