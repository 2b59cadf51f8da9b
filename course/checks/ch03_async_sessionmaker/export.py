"""ch03-ex4: a long export."""

import contextlib
import inspect
import re
import tracemalloc
from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from course.checking.attempts import attempt, interruption
from course.checking.exercise import Broken, Exercise, Finding, Nothing
from course.checking.patience import WORKED
from course.checks.ch03_async_sessionmaker.kept import class_of, close_all, theatre
from lantern import count_sql
from lantern.pool import connections_in_use
from lantern.theatre import Order, seed

FEW_ORDERS, SMALL, LARGE = 50, 3_000, 6_000
GROWTH = 1.5  # what reads ahead by portions needs as much for both; what keeps all, twice as much
KEYS = ("id", "show_id", "guest_id", "total_cents")
STOP_AFTER = 10
SLACK = 50_000  # bytes that may differ between two runs for reasons of their own
EXPORT_SECONDS = 6.0  # of work, for all orders


async def observe_export(case: None, export: Any) -> dict[str, Any]:
    """Stop early, then read a small and a large table to the end and compare the memory."""
    async with theatre() as (engine, factory):
        await seed(engine, capacity=1)
        await _fill(engine, 0, FEW_ORDERS)
        early = await _stopped_early(engine, factory, export)
        if early["outcome"]["ended"] != "returned":
            return {"early": early}
        await _fill(engine, FEW_ORDERS, SMALL)
        small = await _exported(engine, factory, export)
        if small["outcome"]["ended"] != "returned":
            return {"early": early, "small": small, "large": small}
        await _fill(engine, SMALL, LARGE)
        large = await _exported(engine, factory, export)
        return {"early": early, "small": small, "large": large}


async def _fill(engine: AsyncEngine, start: int, end: int) -> None:
    rows = [
        {"id": number, "show_id": 1, "guest_id": 1, "total_cents": 100_000 + number}
        for number in range(start + 1, end + 1)
    ]
    async with engine.begin() as connection:
        await connection.execute(insert(Order), rows)


async def _stopped_early(engine: AsyncEngine, factory: Any, export: Any) -> dict[str, Any]:
    rows: list[Any] = []
    generator = False

    async def consume() -> None:
        nonlocal generator
        stream = export(factory)
        generator = inspect.isasyncgen(stream)
        async for row in stream:
            rows.append(row)
            if len(rows) == STOP_AFTER:
                break
        await stream.aclose()

    outcome = await attempt(consume)
    left = connections_in_use(engine)
    await close_all(factory)
    first = rows[0] if rows and isinstance(rows[0], dict) else None
    return {
        "outcome": outcome.as_dict(),
        "generator": generator,
        "rows": len(rows),
        "row": class_of(rows[0]) if rows and first is None else None,
        "keys": sorted(map(str, first)) if first is not None else [],
        "still out": left,
    }


async def _exported(engine: AsyncEngine, factory: Any, export: Any) -> dict[str, Any]:
    """Return how it ended, how many orders came, their sum, and the peak of memory in bytes."""
    count = total = 0

    async def consume() -> None:
        nonlocal count, total
        async for row in export(factory):
            count += 1
            total += _cents(row)

    with traced(), count_sql(engine) as statements:
        before, _ = tracemalloc.get_traced_memory()
        outcome = await attempt(consume, EXPORT_SECONDS)
        _, peak = tracemalloc.get_traced_memory()
    left = connections_in_use(engine)
    await close_all(factory)
    return {
        "outcome": outcome.as_dict(),
        "orders": count,
        "total": total,
        "peak": peak - before,
        "statements": len(statements),
        "still out": left,
    }


def _cents(row: Any) -> int:
    # What is no order counts nothing: a generator left in the middle would keep its connection.
    cents = row.get("total_cents") if isinstance(row, dict) else None
    return cents if isinstance(cents, int) else 0


@contextlib.contextmanager
def traced() -> Iterator[None]:
    """Trace memory, or go on tracing where somebody does already."""
    ours = not tracemalloc.is_tracing()
    if ours:
        tracemalloc.start()
    tracemalloc.reset_peak()
    try:
        yield
    finally:
        if ours:
            tracemalloc.stop()


def judge_export(case: None, seen: dict[str, Any]) -> Iterable[Finding]:
    early = seen["early"]
    if reason := _why_no_export(early):
        yield Nothing(reason)
        return
    if early["keys"] != sorted(KEYS):
        what = early["row"] or f"a dict with the keys {', '.join(early['keys']) or '(none)'}"
        yield Broken("rows", f"The first row is {what}. It should have {', '.join(KEYS)}.")
    elif problem := _why_not_all(seen["large"]):
        yield Broken("rows", problem)
    small, large = seen["small"]["peak"], seen["large"]["peak"]
    if large > GROWTH * small + SLACK:
        yield Broken(
            "memory",
            f"{SMALL} orders needed at most {_megabytes(small)}, {LARGE} needed "
            f"{_megabytes(large)}: the memory grows with the table. all() keeps every row, and so "
            "do a list of your own, a stream without yield_per, and a yield_per as large as the "
            "table: it is what limits the rows read ahead.",
        )
    if early["still out"]:
        yield Broken(
            "early",
            f"The reader stopped after {STOP_AFTER} rows, and {early['still out']} connection was "
            "still checked out. `async with Session() as session:` inside the generator gives it "
            "back whenever the generator ends.",
        )
    if seen["large"]["still out"]:
        yield Broken("end", "After the last row a connection was still checked out.")


def _megabytes(size: int) -> str:
    return f"{size / 1_000_000:.1f} MB"


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
    if re.search(r"AttributeError: \w+\.$", reason):
        return " stream gives rows; stream_scalars gives objects."
    if "permanently closed" in reason:
        return (
            " The session was closed before the first row was read: it has to stay open until the "
            "last `yield`. A factory without close_resets_only=False would open it again in "
            "silence, and never give the connection back."
        )
    return ""


def _why_not_all(large: dict[str, Any]) -> str | None:
    if large["outcome"]["ended"] == "timed out" and large["outcome"]["value"] == WORKED:
        return (
            f"export had read {large['orders']} of {LARGE} orders after {EXPORT_SECONDS:.0f} s of "
            f"work, and sent {large['statements']} statements. One statement for each order is N+1."
        )
    if reason := interruption(large["outcome"], "export"):
        return reason
    if large["orders"] != LARGE:
        return f"There are {LARGE} orders; export gave {large['orders']}."
    if large["total"] != sum(100_000 + number for number in range(1, LARGE + 1)):
        return "The number of rows is right, and the sum of total_cents is not: is one there twice?"
    return None


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
)
