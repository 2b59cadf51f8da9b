"""ch04-ex2: a long export, and a reader who hangs up."""

import asyncio
import contextlib
import json
import zlib
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from random import Random
from typing import Any

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine

from course.checking.attempts import attempt, attempt_sync, describe, interruption
from course.checking.exercise import Broken, Exercise, Finding, Nothing, Star
from course.checking.patience import IDLE, SOON, until_idle
from course.checks.ch04_dependencies.open_house import House, heard, open_house
from course.checks.sessions import as_it_likes, fill
from lantern import asgi_call, pool_watch
from lantern.pool import connections_in_use
from lantern.theatre import Guest, Order, Show
from lantern.wire import Message, Response

CONNECTIONS = 2
READERS = 10  # at once
MANY, SOME = 1_300, 20  # orders of the shows
AHEAD = 1_000  # rows that may be read before the reader has had them
KEYS = ("id", "guest_id", "total_cents")
SECONDS = 6.0  # of work, for one export

# How a reader hangs up, while a line is being sent: the server cancels the answer, or its `send`
# raises. A hang-up that meets a query cancels it; where it lands is a matter of luck, and is none
# of these.
HANG_UPS = {
    "between two lines": False,
    "and the server raised OSError in `send`": True,
}


@dataclass(frozen=True)
class Accounts:
    """The orders of three shows, by the show's id, in the order in which they came."""

    orders: dict[int, tuple[tuple[int, int, int], ...]]  # the values of KEYS
    long: int
    short: int
    empty: int
    guests: tuple[int, ...]

    def mark(self, show_id: int) -> int:
        """Return a number that all orders of a show make together, whatever their order."""
        return sum(map(_mark, self.orders[show_id]))

    def show_of(self, order_id: Any) -> int | None:
        """Return the id of the show that an order is for, or None."""
        return next(
            (show for show, rows in self.orders.items() if any(row[0] == order_id for row in rows)),
            None,
        )


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


def _mark(values: Iterable[Any]) -> int:
    return zlib.crc32(repr(tuple(values)).encode())


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
    rows.sort(key=lambda row: _mark(row.values()))  # those of the shows come mixed
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
    before: int = field(init=False)

    def __post_init__(self) -> None:
        self.before = self.fetched.rows

    async def got(self, message: Message) -> None:
        """Take a part of the body."""
        body = message.get("body", b"")
        if body and not self.paused:
            self.paused = True
            await until_idle(SOON)
            self.held = connections_in_use(self.house.engine)
        self.ahead = max(self.ahead, self.fetched.rows - self.before - self.lines)
        self.lines += body.count(b"\n")


async def observe_add_export(case: Accounts, add_export: Any) -> dict[str, Any]:
    """Read three exports to the end, hang up in some, and let ten readers come at once."""
    async with open_house(CONNECTIONS) as house, filled(house, case) as fetched:
        made = attempt_sync(lambda: add_export(house.app))
        seen: dict[str, Any] = {"made": {**made.as_dict(), "value": None}}
        if made.ended != "returned":
            return seen
        seen["long"] = await _read(case, house, fetched, case.long)
        if not _came(seen["long"]):
            return seen
        seen["short"] = await _read(case, house, fetched, case.short)
        seen["empty"] = await _read(case, house, fetched, case.empty)
        seen["hung up"] = {
            how: await _hung_up(case, house, raises) for how, raises in HANG_UPS.items()
        }
        seen["crowd"] = await _crowd(case, house)
        await _crowd(case, house, hang_up_at=1)
        seen["after them"] = await _crowd(case, house)
        return seen


def _path(show_id: int) -> str:
    return f"/shows/{show_id}/orders"


async def _read(case: Accounts, house: House, fetched: Fetched, show_id: int) -> dict[str, Any]:
    """Read an export to its end, after a pause at its first line."""
    reader = Reader(house, fetched)
    app = heard(house.app, reader.got)
    with pool_watch(house.engine) as watch:
        outcome = await attempt(lambda: asgi_call(app, "GET", _path(show_id)), SECONDS)
    response = outcome.value if outcome.ended == "returned" else Response()
    return {
        "outcome": {**outcome.as_dict(), "value": None if response.status else outcome.value},
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
    came: dict[int, int] = dict.fromkeys(due, 0)
    count = mark = 0
    strange = None
    for line in filter(None, body.decode(errors="replace").splitlines()):
        values = _values(line)
        count += 1
        mark += _mark(values or ())
        if values and due.get(values[0]) == values:
            came[values[0]] += 1
        else:
            strange = strange or line[:200]
    often = list(came.values())
    return {
        "count": count,
        "mark": mark,
        "missing": often.count(0),
        "repeated": len(often) - often.count(0) - often.count(1),
        "strange": strange,
    }


def _values(line: str) -> tuple[int, int, int] | None:
    """Return the values of a line in the order of KEYS, or None for what is no line of an order."""
    with contextlib.suppress(ValueError):
        found = json.loads(line)
        if isinstance(found, dict) and sorted(found) == sorted(KEYS):
            one, guest, total = (found[key] for key in KEYS)
            if all(type(value) is int for value in (one, guest, total)):
                return one, guest, total
    return None


async def _hung_up(case: Accounts, house: House, raises: bool) -> dict[str, Any]:
    """Hang up at the first line of an export; return how it ended, and what is still out."""

    async def got(message: Message) -> None:
        # Sending waits, so that a server that cancels the answer does so here.
        if not raises and message.get("body"):
            await until_idle(SOON)

    app = heard(house.app, got, hears_of_hang_ups=not raises)
    outcome = await attempt(
        lambda: asgi_call(app, "GET", _path(case.long), hang_up_at=1, raise_on_send=raises),
        SECONDS,
    )
    return {"outcome": {**outcome.as_dict(), "value": None}, "still out": await house.close_all()}


async def _crowd(case: Accounts, house: House, hang_up_at: int | None = None) -> dict[str, Any]:
    """Let ten readers come at once; count whom all lines were sent, unless they hang up."""
    answers: list[Response] = []

    async def read() -> None:
        path = _path(case.short)
        answers.append(await asgi_call(house.app, "GET", path, hang_up_at=hang_up_at))

    async def all_of_them() -> None:
        await asyncio.gather(*(read() for _ in range(READERS)))

    outcome = await attempt(all_of_them, SECONDS)
    errors = [describe(one.error) for one in answers if one.error]
    served = [one for one in answers if one.complete and not one.error and one.status == 200]
    await house.close_all()
    return {
        "outcome": outcome.as_dict(),
        "served": len(served),
        "error": errors[0] if errors else "",
    }


def _came(long: dict[str, Any]) -> bool:
    return bool(
        long["outcome"]["ended"] == "returned" and long["status"] == 200 and not long["error"]
    )


def judge_add_export(case: Accounts, seen: dict[str, Any]) -> Iterable[Finding]:
    if reason := _why_no_export(case, seen):
        yield Nothing(reason)
        return
    findings = [
        Broken(promise, problem)
        for promise, problem in (
            ("lines", _why_not_the_lines(case, seen)),
            ("rows", _why_too_far_ahead(seen["long"])),
            ("back", _why_not_back(seen)),
            ("ten", _why_not_ten(seen["crowd"], seen["long"]["most"]) or _why_not_again(seen)),
        )
        if problem
    ]
    yield from findings
    if not findings and seen["long"]["held"] == 0:
        yield Star(
            "While the reader paused, no connection was in use: however slow the readers are, and "
            "however many, the box office does not notice them."
        )


def _why_no_export(case: Accounts, seen: dict[str, Any]) -> str | None:
    if reason := interruption(seen["made"], "add_export"):
        return reason
    long, path = seen["long"], f"GET {_path(case.long)}"
    if reason := interruption(long["outcome"], path):
        return reason
    if long["status"] == 404:
        return f"{path} was answered with 404. The path is /shows/{{show_id}}/orders."
    if "permanently closed" in long["error"]:
        return (
            f"{path}: the answer began with 200, and then its session had been closed before a row "
            'was read. A dependency with scope="function", or a block that ended with a `return`, '
            "closes it before the first line is sent. An ordinary factory would open it again in "
            "silence, and never give the connection back."
        )
    if long["error"]:
        return f"{path} failed: {long['error'].rstrip('.')}."
    if long["status"] != 200:
        return f"{path} was answered with {long['status']}."
    return None


def _why_not_the_lines(case: Accounts, seen: dict[str, Any]) -> str | None:
    for name in ("long", "short"):
        show_id = getattr(case, name)
        problem = _why_not_all(case, show_id, seen[name])
        if problem:
            return problem
    empty = seen["empty"]
    if empty["status"] != 200 or empty["error"] or empty["lines"]["count"]:
        answer = empty["error"] or f"{empty['status']}, and {empty['lines']['count']} lines"
        return (
            f"Show {case.empty} has no order: its export is a 200 and no line. It was answered "
            f"with {answer}."
        )
    return None


def _why_not_all(case: Accounts, show_id: int, read: dict[str, Any]) -> str | None:
    due, lines = len(case.orders[show_id]), read["lines"]
    if not _came(read):
        return f"The export of show {show_id} failed: {read['error'] or read['status']}."
    if lines["count"] == due and lines["mark"] == case.mark(show_id):
        return None
    told = f"Show {show_id} has {due} orders; its export had {lines['count']} lines."
    if lines["strange"] is not None:
        return (
            f"{told} One of them was {lines['strange']}: {_what_is_strange(case, show_id, lines)}"
        )
    if lines["repeated"]:
        return (
            f"{told} {lines['repeated']} orders came more than once, {lines['missing']} never. Do "
            "two portions overlap? Without ORDER BY the database may give another order each time."
        )
    return f"{told} {lines['missing']} orders never came."


def _what_is_strange(case: Accounts, due: int, lines: dict[str, Any]) -> str:
    text = str(lines["strange"])
    keys = ", ".join(KEYS)
    values = _values(text)
    if values:
        show_id = case.show_of(values[0])
        if show_id not in (None, due):
            return f"that order is for show {show_id}."
        return "no order has these values."
    if text.startswith("["):
        return f"that is an array. Each line is an object of its own, with {keys}."
    return f"a line is a JSON object with {keys}, each of them a number."


def _why_too_far_ahead(long: dict[str, Any]) -> str | None:
    if long["ahead"] <= AHEAD:
        return None
    return (
        f"{long['ahead']} rows had been read from the database before the reader had had them; "
        f"{AHEAD} are the limit. all() reads every row first, and so does a stream of objects "
        "without yield_per; so does a task of its own that reads on while the reader waits."
    )


def _why_not_back(seen: dict[str, Any]) -> str | None:
    for name in ("long", "short", "empty"):
        if seen[name]["still out"]:
            return (
                "The export was read to its end, and its connection was still out: nobody closed "
                "what took it."
            )
    for how, hung_up in seen["hung up"].items():
        if hung_up["outcome"]["ended"] == "timed out":
            return (
                f"The reader hung up {how}, and the request did not end. What it holds, it holds "
                "for good."
            )
        if hung_up["still out"]:
            return (
                f"The reader hung up {how}, the request was over, and its connection was still "
                f"out. {_why_still_out(how)}"
            )
    return None


def _why_still_out(how: str) -> str:
    if how == "between two lines":
        return (
            "A generator that stands at its `yield` is closed by nobody until the garbage "
            "collector finds it: neither its `async with` nor its `finally` is reached. Let "
            "FastAPI end the session, or hold none at a `yield`."
        )
    return "Whatever closes the session must run on this way out as well, as a dependency's exit."


def _why_not_ten(crowd: dict[str, Any], most: int) -> str | None:
    if crowd["outcome"]["ended"] == "timed out" and crowd["outcome"]["value"] == IDLE:
        told = (
            f"{READERS} readers came at once, {crowd['served']} of them were served, and then "
            "nothing moved any more."
        )
        if most > 1:
            told += (
                f" One export alone had {most} connections in use at once: each of two holds one, "
                "and waits for another. What does the request hold until its last byte, beside "
                "the session that reads the lines?"
            )
        return told
    if reason := interruption(crowd["outcome"], f"One of {READERS} exports at once"):
        return reason
    if crowd["served"] < READERS:
        why = f": {crowd['error'].rstrip('.')}" if crowd["error"] else ""
        return f"Of {READERS} readers at once, {crowd['served']} were served{why}."
    return None


def _why_not_again(seen: dict[str, Any]) -> str | None:
    if seen["after them"]["served"] == READERS:
        return None
    return (
        f"{READERS} readers at once were served. Then {READERS} hung up at their first line, and "
        f"of {READERS} more who came {seen['after them']['served']} were served: those who left "
        "had taken something with them. What a generator holds at its `yield`, a place of a "
        "semaphore as well as a session, is given back by nobody when the reader hangs up."
    )


ADD_EXPORT = Exercise(
    id="ch04-ex2",
    title="An export that may be left",
    objectives=("streams",),
    answers=("add_export",),
    promises={
        "lines": "each order of the show is one line, and an empty export is none",
        "rows": f"never more than {AHEAD} rows are read before the reader has had them",
        "back": "the connection is back after the last line, and when the reader hangs up",
        "ten": f"{READERS} readers at once are served by {CONNECTIONS} connections",
    },
    hints=(
        "Who is certain to run when the reader hangs up between two lines? Not a generator that "
        "stands at its `yield`.",
        "Either the session comes from a dependency of the default scope, which FastAPI ends after "
        "the last byte or the hang-up; or it is opened for one portion, and closed before its "
        "lines are yielded. In both, `yield_per` or `limit` keeps the portion small.",
    ),
    draw=draw_accounts,
    observe=observe_add_export,
    judge=judge_add_export,
)
