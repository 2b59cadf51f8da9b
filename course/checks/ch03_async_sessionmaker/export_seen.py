"""What is seen of an export while it is read, for ch03-ex4."""

import contextlib
import gc
import inspect
import linecache
import tracemalloc
import zlib
from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from statistics import median
from sys import getsizeof
from typing import Any

from sqlalchemy import insert
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine

from course.checking.attempts import attempt, describe
from course.checking.patience import until_idle
from course.checks.ch03_async_sessionmaker.kept import class_of, refused, theatre
from course.checks.sessions import as_it_likes, close_all, fill
from lantern import count_sql
from lantern.pool import connections_in_use
from lantern.theatre import Guest, Order, Show

FEW, SMALL, LARGE = 50, 4_000, 8_000  # orders; some more come to the last
KEYS = ("id", "show_id", "guest_id", "total_cents")
STOP_AFTER = 10
STOP_LATE = 2_600  # orders: in the second portion, where one has at most 2,000
PORTION = 2_000  # orders; while so many are read, the memory falls to what is kept once
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
    sources: set[str] = field(default_factory=lambda: {*linecache.cache})  # known at first
    peak: int = 0  # bytes traced, at most

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
        self.note_the_peak()
        used, _ = tracemalloc.get_traced_memory()
        if begins:
            self.least.append(used)
        self.least[-1] = min(self.least[-1], used)
        if self.count < PORTION:
            self.first[self.count] = used

    def note_the_peak(self) -> None:
        """Note how much was traced since the last time, at most.

        Once an error is logged, Python keeps the lines of a source file, 100 KB and more, which
        are no memory of the answer's.
        """
        _, peak = tracemalloc.get_traced_memory()
        if len(linecache.cache) != len(self.sources):  # a set of all names for each row takes time
            for name in {*linecache.cache} - self.sources:
                peak -= sum(map(getsizeof, linecache.getlines(name)))
                linecache.cache.pop(name, None)
        tracemalloc.reset_peak()
        self.peak = max(self.peak, peak)

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
        reader.note_the_peak()
    left = connections_in_use(engine)
    await close_all(factory)
    return {
        "outcome": outcome.as_dict(),
        **reader.report(),
        "peak": reader.peak - before,
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
