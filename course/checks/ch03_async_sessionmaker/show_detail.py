"""ch03-ex1: load before the door closes."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from course.checking.attempts import interruption
from course.checking.exercise import Broken, Exercise, Finding, Nothing
from course.checks.ch03_async_sessionmaker.sales import Row, Sales
from course.checks.ch03_async_sessionmaker.show_detail_seen import (
    MOVED,
    PORTION,
    as_json,
    draw_show_detail,
    observe_show_detail,
)

FEW = 3  # statements


def judge_show_detail(case: Sales, seen: dict[str, Any]) -> Iterable[Finding]:
    # Two joined collections are one statement that repeats show and order for every ticket. That
    # keeps every promise made here, so it passes; what it ships is shown in the lesson.
    shows = list(zip(case.shows, seen["shows"], strict=False))
    first = shows[0][1]
    if reason := interruption(first, "show_detail"):
        yield Nothing(reason + _why_it_failed(reason))
        return
    if problem := _why_not_readable(shows[0][0], first["value"]):
        # Few statements are no merit where something is missing.
        yield Broken("whole", problem)
        yield Broken("statements", problem)
    else:
        problems = (_why_not_whole(case, row, found) for row, found in shows)
        problem = next(filter(None, problems), None) or _why_not_anew(case, seen["again"])
        if problem:
            yield Broken("whole", problem)
        if any(found["statements"] > FEW for row, found in shows if _is_portion(case, row)):
            yield Broken("statements", _why_many(case, shows))
    unknown = seen["unknown"]
    if unknown["ended"] != "returned" or unknown["value"]["kind"] is not None:
        came = interruption(unknown, "show_detail") or f"{unknown['value']['kind']} was returned."
        yield Broken("unknown", f"There is no show {case.unknown}, so None is due. {came}")
    elif seen["in vain"]["ended"] == "returned" and not seen["in vain"]["value"]["kind"]:
        yield Broken(
            "unknown",
            "The database refused a statement with an OperationalError, and show_detail returned "
            f"None, as if there were no show {case.shows[1]['id']}. Let such an error out.",
        )
    yield from _judge_connections(case, shows, unknown, seen["in vain"])
    if seen["elsewhere"]:
        yield Broken(
            "elsewhere",
            f"{seen['elsewhere']}: the loading was set where all queries of the app share it, on "
            "the model or on the sessions. Say it where it is needed, in this query's options.",
        )


def _is_portion(case: Sales, row: Row) -> bool:
    return len(case.orders_of(row["id"])) <= PORTION


def _judge_connections(
    case: Sales, shows: list[Any], unknown: Row, in_vain: Row
) -> Iterable[Broken]:
    asked = [(row["id"], found) for row, found in shows] + [(case.unknown, unknown)]
    left = [show_id for show_id, found in asked if found["still out"] > 0]
    if left:
        which = "" if len(left) == len(asked) else f" for show {left[0]}"
        if left == [case.unknown]:
            which += ", which does not exist"
        yield Broken(
            "returned",
            f"A connection was still checked out after the call{which}. "
            "`async with Session() as session:` gives it back on every way out.",
        )
    elif in_vain["still out"] > 0:
        yield Broken(
            "returned",
            "When a statement failed, a connection was still checked out after the call. What "
            "closes a session has to run on every way out, as the end of `async with` does.",
        )


def _why_it_failed(reason: str) -> str:
    if "unique()" in reason:
        return (
            " A joined collection repeats its parent in every row: .unique() puts them together "
            "again. selectinload has no such rows."
        )
    if "greenlet" in reason:
        return (
            " Inside show_detail something wanted to wait where nobody awaits: mostly an attribute "
            "that was not loaded, else a call of the sync session. Load it in the query."
        )
    if "DetachedInstance" in reason:
        return " The object had no open session by then: load it in the query, while there is one."
    return ""


def _why_many(case: Sales, shows: list[Any]) -> str:
    (many, at_many), (few, at_few) = [
        (len(case.orders_of(row["id"])), found["statements"]) for row, found in shows[:2]
    ]
    told = f"{at_many} statements for {many} orders, {at_few} for {few}"
    more = round((at_many - at_few) / (many - few))
    if not more:
        return f"{told}; {FEW} are enough: one for each table."
    return (
        f"{told}: {'one' if more == 1 else more} more for every order. That is N+1, whether each "
        "collection is awaited in a loop or loaded in silence inside run_sync."
    )


NOT_THE_SHOW = {
    "coroutine": " An `await` is missing.",
    "Row": " execute gives rows; scalars gives the objects.",
}


def _why_not_readable(row: Row, show: Row) -> str | None:
    if show["kind"] != "Show":
        cure = NOT_THE_SHOW.get(show["kind"], "")
        return f"show_detail(Session, {row['id']}) returned {show['kind']}, not the Show.{cure}"
    if "failed" not in show:
        return None
    told = f"The caller touched {show['failed']} and got {show['error']}."
    if show["expired"]:
        return (
            f"{told} It was expired before that: a rollback does this, whatever the factory says, "
            "and so does expire. To close the session is enough: it keeps what was loaded."
        )
    return f"{told} It was not loaded, and an attribute cannot await: load it in the query."


def _why_not_whole(case: Sales, row: Row, found: Row) -> str | None:
    show, due = found["value"], case.orders_of(row["id"])
    if reason := interruption(found, "show_detail"):
        return (
            f"For show {row['id']}, which has {len(due)} orders: {reason}{_why_it_failed(reason)}"
        )
    if show["kind"] is None and not due:
        return (
            f"Show {row['id']} exists and has no orders: the show is due, with an empty list, and "
            "None was returned. An inner join, for one, leaves out what has no partner."
        )
    if problem := _why_not_readable(row, show):
        return problem
    return (
        _difference("show", row, show)
        or _why_not_all(case, due, show)
        or next(filter(None, (_why_not_order(case, order, show) for order in due)), None)
    )


def _why_not_anew(case: Sales, again: Row) -> str | None:
    """Say why the second call for a show, whose title was changed before, does not give it."""
    row = {**case.shows[1], "title": MOVED}
    if reason := interruption(again, "show_detail"):
        return f"At its second call for show {row['id']}: {reason}"
    if problem := _why_not_readable(row, again["value"]):
        return f"At its second call: {problem}"
    problem = _difference("show", row, again["value"])
    return problem and (
        f"Between two calls the title of show {row['id']} was changed, elsewhere. At the second: "
        f"{problem} Is something kept from call to call, a result or a session?"
    )


def _why_not_all(case: Sales, due: list[Row], show: Row) -> str | None:
    found = Counter(order["id"] for order in show["orders"])
    missing = {order["id"] for order in due} - found.keys()
    if strangers := found.keys() - {order["id"] for order in due}:
        return f"Order {min(strangers)} is no order of show {show['id']}, and stands in its list."
    if twice := [order for order, count in found.items() if count > 1]:
        return f"Order {twice[0]} stands {found[twice[0]]} times in the list of its show."
    if not missing:
        return None
    told = f"Show {show['id']} has {len(due)} orders; the caller found {len(found)}."
    if missing == {order["id"] for order in due if not case.tickets_of(order["id"])}:
        told += " All orders without a ticket are missing, as an inner join leaves them out."
    return told


def _why_not_order(case: Sales, order: Row, show: Row) -> str | None:
    name = f"order {order['id']}"
    found = next(one for one in show["orders"] if one["id"] == order["id"])
    if problem := _difference(name, order, found):
        return problem
    due = case.tickets_of(order["id"])
    tickets = sorted(found["tickets"], key=lambda ticket: str(ticket["id"]).zfill(9))
    if [ticket["id"] for ticket in tickets] != [ticket["id"] for ticket in due]:
        return f"O{name[1:]} has {len(due)} tickets; the caller found {len(tickets)}, or others."
    pairs = zip(due, tickets, strict=True)
    told = (_difference(f"ticket {ticket['id']}", ticket, one) for ticket, one in pairs)
    return next(filter(None, told), None)


def _difference(name: str, due: Row, found: Row) -> str | None:
    for column, value in due.items():
        if found[column] != as_json(value):
            return (
                f"{column} of {name} is {as_json(value)} in the table; the caller read "
                f"{found[column]}."
            )
    return None


SHOW_DETAIL = Exercise(
    id="ch03-ex1",
    title="A show to take home",
    objectives=("implicit",),
    answers=("show_detail",),
    promises={
        "whole": "orders and tickets can be read after the session is closed",
        "statements": f"at most {FEW} statements for a show of up to {PORTION} orders",
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
    draw=draw_show_detail,
)
