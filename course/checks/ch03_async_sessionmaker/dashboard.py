"""ch03-ex2: one session a task, or one statement for all."""

from collections.abc import Iterable
from typing import Any

from course.checking.attempts import interruption
from course.checking.exercise import Broken, Exercise, Finding, Nothing
from course.checks.ch03_async_sessionmaker.dashboard_seen import (
    ASKED,
    SHOWS,
    Board,
    draw_dashboard,
    observe_dashboard,
)

MOST = 5  # connections
FEW = 6  # statements that need not overlap


def judge_dashboard(case: Board, seen: dict[str, Any]) -> Iterable[Finding]:
    if reason := _why_no_dashboard(seen):
        yield Nothing(reason)
        return
    cold = seen["cold"]
    problems = (
        _why_not(case, cold["value"], _right(case), cold["at work"]),
        *(_why_failed(case, one) for one in seen["failed"]),
        _why_not_later(case, seen),
    )
    if problem := next(filter(None, problems), None):
        yield Broken("counts", problem)
    if seen["shared"]:
        yield Broken(
            "own",
            "Two tasks used one session at the same time. That need not fail each time: it is an "
            "error while the session fetches its connection, as on a cold pool, or flushes. A "
            "session serves one task.",
        )
    if seen["most connections"] > MOST:
        yield Broken(
            "five",
            f"{seen['most connections']} connections were in use at once; {MOST} are yours, and "
            "the others belong to the box office. Let each task pass a gate before it opens its "
            "session.",
        )
    if seen["most queries"] == 1 and seen["queries"] > FEW:
        yield Broken("together", _why_serial(seen))
    if left := seen["still out"]:
        yield Broken("returned", f"{_connections(left)} not given back to the pool.")
    elif left := seen["still out of the failed"]:
        yield Broken(
            "returned",
            f"When queries failed, {_connections(left)} not given back to the pool: what closes a "
            "session has to run on every way out, as the end of `async with` does.",
        )
    elif left := max([0, *map(_left_at_work, seen["failed"])]):
        yield Broken(
            "returned",
            f"When queries failed, the error came out while {_tasks(left)} still at work, with the "
            "connections in their hands. `gather` lets the first error out and leaves the others "
            "to themselves; a TaskGroup, or `return_exceptions=True`, ends when all have ended.",
        )


def _left_at_work(failed: dict[str, Any]) -> int:
    return int(failed["at work"]) if failed["ended"] == "raised" else 0


def _tasks(count: int) -> str:
    return f"{count} task{'s were' if count > 1 else ' was'}"


def _connections(count: int) -> str:
    return f"{count} connection{'s were' if count > 1 else ' was'}"


def _why_failed(case: Board, failed: dict[str, Any]) -> str | None:
    """Judge a call in which the database refused queries: to raise or to ask again is right."""
    if failed["ended"] == "timed out":
        return f"Queries failed. {interruption(failed, 'dashboard')}"
    if failed["ended"] == "returned" and failed["value"] != _right(case):
        return (
            "Queries failed with an OperationalError, and dashboard returned all the same, without "
            "the right numbers. Let the error out, or ask again."
        )
    return None


def _why_not_later(case: Board, seen: dict[str, Any]) -> str | None:
    """Judge the calls that came after the others: for all shows, and for none."""
    later, none = seen["later"], seen["none"]
    if later:
        told = (
            f"Called again, with all {SHOWS} ids in a tuple, after one more ticket was sold for "
            f"show {case.extended_show()}: "
        )
        if reason := interruption(later, "dashboard"):
            return told + reason
        due = sorted(
            [repr(show_id), case.tickets(show_id) + (show_id == case.extended_show())]
            for show_id in case.every()
        )
        if problem := _why_not(case, later["value"], due, later["at work"]):
            return told + problem
    if none and (none["ended"] != "returned" or none["value"] != []):
        came = interruption(none, "dashboard") or f"It returned {none['value']}."
        return f"Called with no ids at all, an empty dict is due. {came}"
    return None


def _why_no_dashboard(seen: dict[str, Any]) -> str | None:
    cold, warm = seen["cold"], seen["warm"]
    if "provisioning" in cold["error"] or "IllegalStateChange" in cold["error"]:
        passed = warm is not None and warm["ended"] == "returned"
        after = " On a warm pool the same code passed." if passed else ""
        fetching = "provisioning" in cold["error"] or "_connection_for_bind" in cold["error"]
        when = "while it was still fetching its connection" if fetching else "at the same time"
        return (
            f"On a cold pool, dashboard raised {cold['error'].split(' (Background')[0]}.{after} "
            f"Several tasks used one session {when}: give each task a session of its own."
        )
    if cold["ended"] == "timed out":
        return (
            f"{interruption(cold, 'dashboard')} It had sent {seen['queries']} queries. Did a task "
            "pass the gate and never leave it, or do tasks wait for each other?"
        )
    return interruption(cold, "dashboard")


def _why_serial(seen: dict[str, Any]) -> str:
    if seen["tasks"] > 1:
        return (
            f"{seen['tasks']} tasks took turns: correct, but never more than one query was under "
            "way. Do all of them share a session or a lock, or is each awaited before the next one "
            f"is made? {MOST} sessions serve {MOST} at a time."
        )
    each = "One show after the other: " * (seen["queries"] >= ASKED)
    return (
        f"{each}{seen['queries']} queries for {ASKED} shows, and never two under way. Each of them "
        "waits for the database: these waits could overlap, or a few statements ask for all shows."
    )


def _right(case: Board) -> list[Any]:
    return sorted([repr(number), case.tickets(number)] for number in set(case.asked))


def _why_not(case: Board, pairs: Any, right: list[Any], at_work: int) -> str | None:
    """Say what is wrong with the pairs of show and number; nothing if they are right."""
    if pairs == right:
        return None
    if not isinstance(pairs, list):
        return f"dashboard returned {pairs}, not a dict of show and tickets."
    given, due = dict(pairs), dict(right)
    missing = [number for number in due if number not in given]
    if missing and at_work:
        return (
            "dashboard returned before its tasks had ended: the dict had "
            f"{len(given)} of {len(due)} shows. Await them: gather, or a TaskGroup."
        )
    if missing:
        return _why_missing(missing, due)
    if extra := [number for number in given if number not in due]:
        return f"Nobody asked for show {extra[0]}."
    wrong = next(number for number in due if given[number] != due[number])
    return _why_wrong(case, wrong, given[wrong], due[wrong])


def _why_missing(missing: list[str], due: dict[str, int]) -> str:
    told = f"Show {missing[0]} is missing in the dict."
    if missing == [number for number, count in due.items() if not count]:
        told += (
            " So is every show that has sold nothing, as an inner join leaves it out, and 0 is an "
            "answer too."
        )
    return told


NOT_A_NUMBER = {
    "a Row": ": execute gives rows; scalar gives the number",
    "a coroutine that nobody awaited": ": an `await` is missing",
}


def _why_wrong(case: Board, show: str, given: Any, due: int) -> str:
    if isinstance(given, str):
        cure = NOT_A_NUMBER.get(given, "")
        return f"dashboard gives {given} for show {show}, not a number{cure}."
    orders = len(case.orders(int(show)))
    return f"Show {show} has {orders} orders with {due} tickets; dashboard says {given}."


DASHBOARD = Exercise(
    id="ch03-ex2",
    title="All shows at a glance",
    objectives=("tasks",),
    answers=("dashboard",),
    promises={
        "counts": "every show that was asked for has its number of tickets",
        "own": "no session is used by two tasks at once",
        "five": f"never more than {MOST} connections at once",
        "together": "queries overlap, or are few however many shows there are",
        "returned": "all connections are back in the pool at the end, also when a query fails",
    },
    hints=(
        "A session serves one task. Either each question gets a task and a session, or one "
        "statement asks for all shows.",
        "One statement: group_by(Order.show_id) counts for each show that has tickets; the others "
        "are 0. Tasks: asyncio.Semaphore(5) is the gate, and inside it each opens `async with "
        "Session() as session:`.",
        "select(Order.show_id, func.count(Ticket.id)).join(Order.tickets)"
        ".where(Order.show_id.in_(show_ids)).group_by(Order.show_id) brings rows of show and "
        "number; begin with dict.fromkeys(show_ids, 0).",
    ),
    observe=observe_dashboard,
    judge=judge_dashboard,
    draw=draw_dashboard,
)
