"""ch03-ex4: a long export."""

import contextlib
import gc
import inspect
import re
import tracemalloc
import zlib
from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from random import Random
from statistics import median
from struct import calcsize
from typing import Any

from sqlalchemy import insert
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine

from course.checking.attempts import attempt, describe, interruption
from course.checking.exercise import Broken, Exercise, Finding, Nothing
from course.checking.patience import WORKED, until_idle
from course.checks.ch03_async_sessionmaker.kept import class_of, refused, theatre
from course.checks.sessions import as_it_likes, close_all, fill
from lantern import count_sql
from lantern.pool import connections_in_use
from lantern.theatre import Guest, Order, Show

FEW, SMALL, LARGE = 50, 4_000, 8_000  # orders; some more come to the last
GROWTH = 1.5  # what reads ahead by portions needs as much for both; what keeps all, twice as much
KEYS = ("id", "show_id", "guest_id", "total_cents")
STOP_AFTER = 10
STOP_LATE = 2_600  # orders: in the second portion, where one has at most 2,000
# Bytes that may differ between two runs for reasons of their own, as a list that is moved when it
# grows, 70,000 in a class; an id of each further order in a list is 160,000. In browsers: half.
SLACK = 12_500 * calcsize("P")
MOMENT = 150_000  # bytes that a moment may need more: once, on a busy machine, it was 120,000
PORTION = 2_000  # orders; while so many are read, the memory falls to what is kept once
KEPT = 2.5 * calcsize("P")  # bytes for each order: less than a number in a list, also in browsers
EXPORT_SECONDS = 10.0  # of work, for all orders: a session for each ten takes four of them
PAUSE = 2.0  # seconds at most; it is over as soon as nothing goes on


@dataclass(frozen=True)
class Book:
    """Every order, in the order in which they came; no id is equal to another."""

    orders: tuple[tuple[int, ...], ...]  # the values of KEYS
    shows: tuple[int, ...]
    guests: tuple[int, ...]

    def mark(self, size: int) -> int:
        """Return a number that the first so many orders make together, whatever their order."""
        return sum(map(_mark, self.orders[:size]))


def draw_export(random: Random) -> Book:
    """Draw orders for a few shows and guests, with gaps between their ids and equal totals.

    One of the first has the id 1, a later one an id far from all others, and some were free.
    The last portion of all orders is not full, whatever number of them is a portion, and most are
    for one show and of one guest. Those that come later have higher ids, as close together as the
    others: who reads from id to id has portions of one size in both tables.
    """
    size = LARGE + random.choice((11, 13, 17, 19, 23))
    ids = random.sample(range(1_000, 31_000), SMALL + 8)
    later = random.sample(range(31_000, 61_000), size - SMALL)
    orders, shows, guests = [*ids[8:], *later], tuple(ids[:3]), tuple(ids[3:8])
    orders[random.randrange(FEW)] = 1
    orders[random.randrange(FEW, SMALL)] = random.randrange(150_000, 200_000)
    totals = [0, *(random.randint(100_000, 999_999) for _ in range(40))]
    rows = zip(
        orders,
        random.choices(shows, (8, 1, 1), k=size),
        random.choices(guests, (12, 1, 1, 1, 1), k=size),
        random.choices(totals, k=size),
        strict=True,
    )
    return Book(tuple(rows), shows, guests)


def _mark(values: Iterable[Any]) -> int:
    return zlib.crc32(repr(tuple(values)).encode())


@dataclass
class Reader:
    """Reads an export to its end, and keeps nothing that grows while it does."""

    places: dict[int, int]  # of each order, by its id
    came: bytearray  # how often each order came
    orders: tuple[tuple[int, ...], ...]
    count: int = 0
    mark: int = 0
    strange: list[Any] = field(default_factory=list)  # the first row that is none of the orders
    least: list[int] = field(default_factory=list)  # bytes traced, while each PORTION was read
    # Bytes traced at each order of the first PORTION.
    first: "array[int]" = field(default_factory=lambda: array("q", bytes(8 * PORTION)))

    def read(self, row: Any) -> None:
        """Count one row."""
        self._look_at_the_memory()
        self.count += 1
        # What is no dict counts nothing: a generator left in the middle would keep its connection.
        values = [row.get(key) for key in KEYS] if isinstance(row, dict) else []
        self.mark += _mark(values)
        place = self.places.get(values[0]) if values and isinstance(values[0], int) else None
        if place is not None:
            self.came[place] = min(255, self.came[place] + 1)
        if (place is None or self.orders[place] != tuple(values)) and not self.strange:
            self.strange.append([value if isinstance(value, int) else None for value in values])

    def _look_at_the_memory(self) -> None:
        begins = self.count % PORTION == 0
        if begins:
            gc.collect()  # what nobody keeps any more is no memory of the answer's
        used, _ = tracemalloc.get_traced_memory()
        if begins:
            self.least.append(used)
        self.least[-1] = min(self.least[-1], used)
        if self.count < PORTION:
            self.first[self.count] = used

    def report(self) -> dict[str, Any]:
        """Return what came, as plain data."""
        return {
            "count": self.count,
            "mark": self.mark,
            "missing": self.came.count(0),
            "repeated": len(self.came) - self.came.count(0) - self.came.count(1),
            "strange": self.strange,
            "least": self.least,
            "middle": int(median(self.first[: self.count] or [0])),
        }


async def observe_export(case: Book, export: Any) -> dict[str, Any]:
    """Stop early, then read a small and a large table to the end and compare the memory."""
    async with theatre() as (engine, factory):
        shows = [{"id": one, "title": f"Evening {one}", "capacity": 1} for one in case.shows]
        guests = [{"id": one, "email": f"{one}@lantern.example"} for one in case.guests]
        await fill(engine, [(Show, shows), (Guest, guests)])
        seen: dict[str, Any] = {}
        with as_it_likes(engine):
            try:
                await _observe_growing(case, engine, factory, export, seen)
            except OperationalError as error:  # what an answer left at work has a lock
                seen["locked"] = describe(error)
        return seen


async def _observe_growing(
    case: Book, engine: AsyncEngine, factory: Any, export: Any, seen: dict[str, Any]
) -> None:
    """Note what is seen while the table grows; it ends where an export does not."""
    seen["empty"] = await _stopped(STOP_AFTER, engine, factory, export)
    await _fill(engine, case.orders[:FEW])
    seen["early"] = await _stopped(STOP_AFTER, engine, factory, export)
    if seen["early"]["outcome"]["ended"] != "returned":
        return
    with refused(engine):
        seen["refused"] = await _stopped(STOP_AFTER, engine, factory, export)
    await _fill(engine, case.orders[FEW:SMALL])
    seen["small"] = await _exported(case, SMALL, engine, factory, export)
    if seen["small"]["outcome"]["ended"] != "returned":
        return
    seen["late"] = await _stopped(STOP_LATE, engine, factory, export)
    await _fill(engine, case.orders[SMALL:])
    seen["large"] = await _exported(case, len(case.orders), engine, factory, export)


async def _fill(engine: AsyncEngine, orders: Iterable[tuple[int, ...]]) -> None:
    # Many orders came at the same moment.
    rows = [
        {**dict(zip(KEYS, values, strict=True)), "created": datetime(2026, 11, 1, values[0] % 24)}
        for values in orders
    ]
    async with engine.begin() as connection:
        await connection.execute(insert(Order), rows)


async def _stopped(
    stop_after: int, engine: AsyncEngine, factory: Any, export: Any
) -> dict[str, Any]:
    rows: list[Any] = []
    generator = False

    async def consume() -> None:
        nonlocal generator
        stream = export(factory)
        generator = inspect.isasyncgen(stream)
        async for row in stream:
            rows.append(row)
            if len(rows) == stop_after:
                break
        await stream.aclose()

    outcome = await attempt(consume)
    left = connections_in_use(engine)
    if left:
        await until_idle(PAUSE)  # a task that was cancelled, and not awaited, comes to its end
    await close_all(factory)
    first = rows[0] if rows and isinstance(rows[0], dict) else None
    return {
        "outcome": outcome.as_dict(),
        "generator": generator,
        "rows": len(rows),
        "different": len({id(row) for row in rows}),
        "row": class_of(rows[0]) if rows and first is None else None,
        "keys": sorted(map(str, first)) if first is not None else [],
        "still out": left,
    }


async def _exported(
    case: Book, size: int, engine: AsyncEngine, factory: Any, export: Any
) -> dict[str, Any]:
    """Return how it ended, what came, the peak of memory in bytes, and how many statements.

    The reader pauses once: what goes on meanwhile to read ahead needs memory.
    """
    orders = case.orders[:size]
    places = {values[0]: place for place, values in enumerate(orders)}
    reader = Reader(places, bytearray(size), orders)

    async def consume() -> None:
        async for row in export(factory):
            reader.read(row)
            if reader.count == STOP_AFTER:
                await until_idle(PAUSE)

    with traced(), count_sql(engine) as statements:
        before, _ = tracemalloc.get_traced_memory()
        outcome = await attempt(consume, EXPORT_SECONDS)
        _, peak = tracemalloc.get_traced_memory()
    left = connections_in_use(engine)
    await close_all(factory)
    return {
        "outcome": outcome.as_dict(),
        **reader.report(),
        "peak": peak - before,
        "statements": len(statements),
        "still out": left,
    }


@contextlib.contextmanager
def traced() -> Iterator[None]:
    """Trace memory, or go on tracing where somebody does already."""
    gc.collect()
    ours = not tracemalloc.is_tracing()
    if ours:
        tracemalloc.start()
    tracemalloc.reset_peak()
    try:
        yield
    finally:
        if ours:
            tracemalloc.stop()


def judge_export(case: Book, seen: dict[str, Any]) -> Iterable[Finding]:
    if "locked" in seen:
        yield Nothing(
            "The reader had stopped, its sessions were closed, and still an order could not be "
            f"stored: {seen['locked'].rstrip('.')}. Does something of export go on to read? A task "
            "that is cancelled has to be awaited, too."
        )
        return
    early = seen["early"]
    if reason := _why_no_export(early):
        yield Nothing(reason)
        return
    last = seen.get("large", seen["small"])
    problems = (
        _why_no_order(early),
        _why_not_all(case, SMALL, seen["small"]),
        _why_not_all(case, len(case.orders), last),
        _why_not_of_none(seen["empty"]),
        _why_refused(seen["refused"]),
    )
    if problem := next(filter(None, problems), None):
        yield Broken("rows", problem)
    if "large" not in seen or last["outcome"]["ended"] != "returned":
        yield Nothing(_why_stopped(last))
        return
    if problem := _why_memory(case, seen["small"], last):
        yield Broken("memory", problem)
    if early["still out"]:
        yield Broken(
            "early",
            f"The reader stopped after {STOP_AFTER} rows, and {early['still out']} connection was "
            "still checked out. `async with Session() as session:` inside the generator gives it "
            "back whenever the generator ends.",
        )
    elif seen["late"]["still out"]:
        yield Broken(
            "early",
            f"The reader stopped after {STOP_LATE} rows, and {seen['late']['still out']} "
            "connection was still checked out. What asks for the later portions has to be closed "
            "whenever the generator ends as well.",
        )
    if last["still out"]:
        yield Broken(
            "end",
            "After the last row a connection was still checked out. Every session that export "
            "opens has to be closed on this way out as well.",
        )


def _why_memory(case: Book, small: dict[str, Any], large: dict[str, Any]) -> str | None:
    """Say what grew with the table: the peak, or what half of the time needs, or more and more.

    Both tables are read alike, up to the last portion of the smaller one: what is kept while the
    first is read is the same, unless it is more of a larger table.
    """
    if large["peak"] > GROWTH * small["peak"] + MOMENT:
        return (
            f"{SMALL} orders needed at most {_megabytes(small['peak'])}, {len(case.orders)} needed "
            f"{_megabytes(large['peak'])}: the memory grows with the table. execute and "
            "scalars have read every row of their query when they return; all() keeps every row, "
            "and so do a list of your own, a session's stream without yield_per if it is of a "
            "mapped class, whatever its max_row_buffer, and a yield_per as large as the table: it "
            "is what limits the rows read ahead."
        )
    least = large["least"]
    if not small["least"] or len(least) <= SMALL // PORTION:  # it lost rows, and is told so
        return None
    # Half of the time: a page that is not full, as the last of each show, needs less than others.
    if large["middle"] > (kept := small["middle"]) + SLACK:
        return (
            f"While the first {PORTION} orders were read, half of the time at least "
            f"{_megabytes(kept)} were in use where there are {SMALL}, and "
            f"{_megabytes(large['middle'])} where there are {len(case.orders)}: the memory grows "
            "with the table. Is something of each order kept from the beginning, be it only its "
            "id? Or is a portion larger where there are more?"
        )
    ways = list(pairwise(least[1 : len(case.orders) // PORTION]))
    if all(after > before + KEPT * PORTION for before, after in ways):
        told = ", ".join(map(_megabytes, least[1:-1]))
        return (
            f"From one {PORTION} orders to the next, what was in use never fell to what it had "
            f"been before: {told}. Of each order that was read something is kept, be it only its "
            "id: the memory grows with the table."
        )
    return None


def _megabytes(size: int) -> str:
    return f"{size / 1_000_000:.2f} MB"


def _why_no_export(early: dict[str, Any]) -> str | None:
    reason = interruption(early["outcome"], "export")
    return reason and f"{reason}{_why_not_read(reason, early['generator'])}"


def _why_not_read(reason: str, generator: bool) -> str:
    if "__aiter__" in reason and not generator:
        return (
            " Write `async def` with a `yield` in it: calling it gives something to iterate over, "
            "without an await."
        )
    if "coroutine" in reason:
        return " An `await` is missing: `await session.stream_scalars(…)`."
    if "__aiter__" in reason or "is not iterable" in reason:
        return (
            " What execute and scalars give is read with `for`; what stream and stream_scalars "
            "give, with `async for`."
        )
    if re.search(r"AttributeError: \w+\.(?: |$)", reason):
        return " stream gives rows; stream_scalars gives objects."
    if "permanently closed" in reason:
        return (
            " The session was closed before a row was read: it has to stay open until the last "
            "`yield`. A factory without close_resets_only=False would open it again in silence, "
            "and never give the connection back."
        )
    return ""


def _why_no_order(early: dict[str, Any]) -> str | None:
    if not early["rows"]:
        return f"There are {FEW} orders; export gave no row at all."
    if early["row"]:
        return (
            f"The first row is of the class {early['row']}; a dict is due, with the keys "
            f"{', '.join(KEYS)}."
        )
    if early["keys"] != sorted(KEYS):
        keys = ", ".join(early["keys"]) or "(none)"
        return f"The first row is a dict with the keys {keys}; due are {', '.join(KEYS)}."
    if early["different"] < early["rows"]:
        return (
            f"Who keeps the first {early['rows']} rows has one dict {early['rows']} times, with "
            "the values of the last: yield a new one for each order."
        )
    return None


def _why_not_of_none(empty: dict[str, Any]) -> str | None:
    """Say what is wrong with the export of a table that has no order."""
    if reason := interruption(empty["outcome"], "export"):
        return f"Of a table without orders, no row is due. {reason}"
    return (
        f"Of a table without orders, export gave {empty['rows']} rows." if empty["rows"] else None
    )


def _why_refused(refused: dict[str, Any]) -> str | None:
    if refused["outcome"]["ended"] != "returned":
        return None
    return (
        "The database refused a statement with an OperationalError, and export ended after "
        f"{refused['rows']} rows, as if there were no more. Let the error out."
    )


def _why_not_all(case: Book, size: int, last: dict[str, Any]) -> str | None:
    """Say what is wrong with the rows of an export that came to its end."""
    if last["outcome"]["ended"] != "returned" or (
        last["count"] == size and last["mark"] == case.mark(size)
    ):
        return None
    told = f"There are {size} orders; export gave {last['count']} rows."
    if last["strange"]:
        (values,) = last["strange"]
        pairs = zip(KEYS, values or ("?",) * len(KEYS), strict=True)
        values = ", ".join(f"{key} {value}" for key, value in pairs)
        return f"{told} One of them has {values}: no order has these values."
    if last["repeated"]:
        return (
            f"{told} {last['repeated']} orders came more than once, {last['missing']} never. Do "
            "two portions overlap? Without ORDER BY, or with equal values in it, the database may "
            "give another order each time, and OFFSET counts in that one."
        )
    missing = last["missing"]
    return f"{told} {missing} order{'s' * (missing != 1)} never came."


def _why_stopped(last: dict[str, Any]) -> str:
    told = f"{last['count']} rows had come by then, with {last['statements']} statements."
    if last["outcome"]["spent"] != WORKED:
        return f"{interruption(last['outcome'], 'export')} {told}"
    cause = " That is N+1." if last["statements"] > 0.9 * last["count"] > 0 else ""
    return f"export was stopped after {EXPORT_SECONDS:.0f} s of work. {told}{cause}"


EXPORT = Exercise(
    id="ch03-ex4",
    title="Every order for Ines",
    objectives=("awaits", "factories", "cpu"),
    answers=("export",),
    promises={
        "rows": "every order comes once, as a dict",
        "memory": "memory does not grow with the number of orders",
        "early": "the connection goes back when the reader stops early",
        "end": "the connection goes back after the last row",
    },
    hints=(
        "An async generator: open the session inside, yield inside, and let `async with` close it.",
        "`await session.stream(statement)` gives rows one by one; how many are read ahead?",
        "select(Order.id, …).execution_options(yield_per=500), then `async for row in "
        "(await session.stream(statement)).mappings():` and yield dict(row).",
    ),
    observe=observe_export,
    judge=judge_export,
    draw=draw_export,
)
