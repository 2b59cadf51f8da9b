"""ch03-ex4: a long export."""

import re
from collections.abc import Iterable
from itertools import pairwise
from struct import calcsize
from typing import Any

from course.checking.attempts import interruption
from course.checking.exercise import Broken, Exercise, Finding, Nothing
from course.checking.patience import WORKED
from course.checks.ch03_async_sessionmaker.export_seen import (
    EXPORT_SECONDS,
    FEW,
    KEYS,
    PORTION,
    SMALL,
    STOP_AFTER,
    STOP_LATE,
    Book,
    draw_export,
    observe_export,
)

GROWTH = 1.5  # what reads ahead by portions needs as much for both; what keeps all, twice as much
# Bytes that may differ between two runs for reasons of their own, as a list that is moved when it
# grows, 70,000 in a class; an id of each further order in a list is 160,000. In browsers: half.
SLACK = 12_500 * calcsize("P")
MOMENT = 150_000  # bytes that a moment may need more: once, on a busy machine, it was 120,000
KEPT = 2.5 * calcsize("P")  # bytes for each order: less than a number in a list, also in browsers


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
