"""ch03-ex1: load before the door closes."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from course.checking.attempts import attempt, describe, interruption
from course.checking.exercise import Broken, Exercise, Finding, Nothing
from course.checks.ch03_async_sessionmaker.kept import class_of, sell_tickets, theatre
from lantern import count_sql
from lantern.pool import connections_in_use
from lantern.theatre import Show, seed

TICKETS = (3, 1, 4, 1, 5, 0, 2, 6)  # of each order of show 1, in the order of their ids
FEW = 3  # statements


async def observe_show_detail(case: None, show_detail: Any) -> dict[str, Any]:
    """Ask for a show with eight orders, and for one that does not exist."""
    async with theatre() as (engine, factory):
        await seed(engine, capacity=10)
        await sell_tickets(engine, {1: TICKETS})
        with count_sql(engine) as statements:
            outcome = await attempt(lambda: show_detail(factory, 1))
        left = connections_in_use(engine)
        unknown = await attempt(lambda: show_detail(factory, 404))
        return {
            "show": {**outcome.as_dict(), "value": _read(outcome.value)},
            "statements": len(statements),
            "still out": left,
            "unknown": {**unknown.as_dict(), "value": class_of(unknown.value)},
            "elsewhere": await _statements_of_a_plain_query(engine),
        }


def _told(error: Exception) -> str:
    """Return class and first line of an error, without the link to its explanation."""
    return describe(error).split(" (Background on")[0]


def _read(show: Any) -> dict[str, Any]:
    """Read a show as its caller would: outside of any session, without an await."""
    if not isinstance(show, Show):
        return {"kind": class_of(show)}
    try:
        orders = list(show.orders)
    except Exception as error:
        return {"kind": "Show", "failed": "show.orders", "error": _told(error)}
    try:
        return {"kind": "Show", "tickets": [len(order.tickets) for order in orders]}
    except Exception as error:
        return {"kind": "Show", "failed": "order.tickets", "error": _told(error)}


async def _statements_of_a_plain_query(engine: AsyncEngine) -> int:
    """Count what a query elsewhere in the app sends: more than one, if the models were changed."""
    async with AsyncSession(engine) as session:
        with count_sql(engine) as statements:
            (await session.scalars(select(Show).order_by(Show.id))).all()
    return len(statements)


def judge_show_detail(case: None, seen: dict[str, Any]) -> Iterable[Finding]:
    # Two joined collections are one statement that repeats show and order for every ticket. That
    # keeps every promise made here, so it passes; what it ships is shown in the lesson.
    outcome, show = seen["show"], seen["show"]["value"]
    if reason := interruption(outcome, "show_detail"):
        yield Nothing(reason + _why_it_failed(reason))
        return
    if problem := _why_not_readable(show):
        # Few statements are no merit where something is missing.
        yield Broken("whole", problem)
        yield Broken("statements", problem)
    elif seen["statements"] > FEW:
        yield Broken("statements", _why_many(seen["statements"]))
    unknown = seen["unknown"]
    if unknown["ended"] != "returned" or unknown["value"] is not None:
        came = interruption(unknown, "show_detail") or f"{unknown['value']} was returned."
        yield Broken("unknown", f"There is no show 404, so None is due. {came}")
    if seen["still out"]:
        yield Broken(
            "returned",
            "A connection was still checked out when show_detail had returned. "
            "`async with Session() as session:` gives it back on every way out.",
        )
    if seen["elsewhere"] > 1:
        yield Broken(
            "elsewhere",
            f"A plain select(Show) now sends {seen['elsewhere']} statements: the loading was "
            "set on the model, so every query of the app loads orders and tickets. Say it where it "
            "is needed, in this query's options.",
        )


def _why_it_failed(reason: str) -> str:
    if "unique()" in reason:
        return (
            " A joined collection repeats its parent in every row: .unique() puts them together "
            "again. selectinload has no such rows."
        )
    if "greenlet" in reason:
        return " It was read inside the session, where nobody awaits: load it in the query."
    if "DetachedInstance" in reason:
        return " The session was closed by then: load it in the query, while it is open."
    return ""


def _why_many(statements: int) -> str:
    told = f"{statements} statements for {len(TICKETS)} orders"
    if statements < len(TICKETS):
        return f"{told}; {FEW} are enough: one for each table."
    more = statements // len(TICKETS)
    return (
        f"{told}: {'one' if more == 1 else more} more for every order. Awaiting each collection in "
        "a loop is the same N+1 as in sync code, with an await in front."
    )


NOT_THE_SHOW = {
    "coroutine": " An `await` is missing.",
    "Row": " execute gives rows; scalars gives the objects.",
}


def _why_not_readable(show: dict[str, Any]) -> str | None:
    if show["kind"] != "Show":
        cure = NOT_THE_SHOW.get(show["kind"], "")
        return f"show_detail(Session, 1) returned {show['kind']}, not the Show.{cure}"
    if "failed" in show:
        return (
            f"The caller touched {show['failed']} and got {show['error']}. It was never loaded, "
            "and an attribute cannot await: load it while the session is open."
        )
    if sorted(show["tickets"]) != sorted(TICKETS):
        return (
            f"The show has {len(TICKETS)} orders with {sum(TICKETS)} tickets; the caller found "
            f"{len(show['tickets'])} orders with {sum(show['tickets'])}."
        )
    return None


SHOW_DETAIL = Exercise(
    id="ch03-ex1",
    title="A show to take home",
    objectives=("implicit",),
    answers=("show_detail",),
    promises={
        "whole": "orders and tickets can be read after the session is closed",
        "statements": f"at most {FEW} statements, however many orders there are",
        "unknown": "an unknown show gives None",
        "returned": "the connection goes back to the pool",
        "elsewhere": "queries elsewhere load what they loaded before",
    },
    hints=(
        "Three tables, three statements: the shows, the orders of these shows, the tickets of "
        "these orders. A loader option writes the second and the third.",
        "selectinload(Show.orders) loads the orders; options chain, so that tickets can follow.",
        "session.get(Show, show_id, options=[...]) takes loader options and returns None for a "
        "show that does not exist.",
    ),
    observe=observe_show_detail,
    judge=judge_show_detail,
)
