"""ch03-ex2: one session a task."""

import asyncio
import inspect
from collections.abc import Iterable
from typing import Any

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.util import await_

from course.checking.attempts import attempt, interruption, plain
from course.checking.exercise import Broken, Exercise, Finding, Nothing, Star
from course.checking.patience import until_idle
from course.checks.ch03_async_sessionmaker.kept import class_of, sell_tickets, theatre
from lantern import pool_watch
from lantern.pool import connections_in_use
from lantern.theatre import seed

SHOWS = {number: (number % 4 + 1,) * (number % 3 + 1) for number in range(1, 12)} | {12: ()}
ASKED = tuple(number for number in SHOWS if number != 5)  # one show is not asked for
MOST = 5  # connections
SOON = 0.5  # seconds; a query that is to come by the clock within them is waited for


class QueryQueue:
    """The place where queries wait for each other, so that what goes on at once can be counted.

    A query is answered when no more arrive: what is seen does not depend on the machine's speed.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self.waiting: list[tuple[int, asyncio.Future[None]]] = []
        self.tasks: set[asyncio.Task[Any]] = set()
        self.queries = self.most = 0
        self.shared = False
        self.arrived = asyncio.Event()
        event.listen(engine.sync_engine, "before_cursor_execute", self._before)

    def _before(self, connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        # SQLAlchemy calls this inside its greenlet, so that it may wait.
        if not statement.startswith("BEGIN"):
            await_(self._queue(id(connection.connection.driver_connection)))

    async def _queue(self, connection: int) -> None:
        task = asyncio.current_task()
        assert task is not None
        future = asyncio.get_running_loop().create_future()
        self.shared = self.shared or any(connection == other for other, _ in self.waiting)
        entry = (connection, future)
        self.waiting.append(entry)
        self.tasks.add(task)
        self.queries += 1
        self.most = max(self.most, len(self.waiting))
        self.arrived.set()
        try:
            await future
        finally:
            self.waiting.remove(entry)

    def report(self) -> dict[str, Any]:
        """Return what was counted, as plain data."""
        return {
            "most queries": self.most,
            "queries": self.queries,
            "tasks": len(self.tasks),
            "shared": self.shared,
        }

    async def serve(self) -> None:
        """Answer whoever waits once nobody else can come, for ever."""
        while True:
            await self.arrived.wait()
            if len(self.waiting) < len(ASKED):
                await until_idle(SOON)
            self.arrived.clear()
            for _, future in self.waiting:
                if not future.done():
                    future.set_result(None)


async def observe_dashboard(case: None, dashboard: Any) -> dict[str, Any]:
    """Ask for eleven shows of twelve, on a pool that has no connection yet, and on a warm one."""
    # As shipped, a shared session passes on a warm pool: the mistake is shown as it is met.
    async with theatre(as_shipped=True, pool_size=len(SHOWS) + 3) as (engine, factory):
        await seed(engine, capacity=10)
        await sell_tickets(engine, SHOWS)
        await engine.dispose()  # the pool is cold again
        queue = QueryQueue(engine)
        server = asyncio.create_task(queue.serve())
        try:
            with pool_watch(engine) as watch:
                cold = await _asked(dashboard, factory)
            seen = queue.report()
            # The pool is warm now: did it only fail for the cold?
            warm = await _asked(dashboard, factory) if cold["ended"] == "raised" else None
        finally:
            server.cancel()
        left = connections_in_use(engine)
    most = watch.most
    return {"cold": cold, "warm": warm, "most connections": most, "still out": left, **seen}


async def _asked(dashboard: Any, factory: Any) -> dict[str, Any]:
    before = asyncio.all_tasks()
    at_work = 0

    def call() -> Any:
        asked = dashboard(factory, list(ASKED))
        return at_return(asked) if inspect.isawaitable(asked) else asked

    async def at_return(asked: Any) -> Any:
        # Tasks that were left alone may go on filling the dict: what is in it now is the answer.
        nonlocal at_work
        pairs = _pairs(await asked)
        at_work = len(asyncio.all_tasks() - before) - 1  # all but this one
        return pairs

    outcome = await attempt(call)
    # gather leaves tasks behind when one fails: they must not outlive the engine.
    if left := asyncio.all_tasks() - before:
        await asyncio.wait(left, timeout=2.0)
    return {**outcome.as_dict(), "at work": at_work}


def _pairs(value: Any) -> Any:
    """Return a dict as sorted pairs, since JSON has no numbers for keys."""
    if isinstance(value, dict):
        return sorted([repr(key), _number(count)] for key, count in value.items())
    return class_of(value)


def _number(value: Any) -> Any:
    """Return a number, or in words what stands in its place."""
    if value is None or isinstance(value, int):
        return value
    told = str(plain(value)).strip("<>")
    return told if told.startswith("a ") else f"a {class_of(value)}"


def judge_dashboard(case: None, seen: dict[str, Any]) -> Iterable[Finding]:
    if reason := _why_no_dashboard(seen):
        yield Nothing(reason)
        return
    yield from _judge_counts(seen["cold"]["value"], seen["cold"]["at work"])
    if seen["shared"]:
        yield Broken(
            "own",
            "Two tasks used one session at the same time. It went well, because this query only "
            "reads; on a cold pool, or with a flush, it is an error. A session serves one task.",
        )
    if seen["most connections"] > MOST:
        yield Broken(
            "five",
            f"{seen['most connections']} connections were in use at once; {MOST} are yours, and "
            "the others belong to the box office. Let each task pass a gate before it opens its "
            "session.",
        )
    if seen["queries"] == 1 and seen["most queries"] == 1:
        yield Star("One statement for all shows: the best concurrency is not needing it.")
    elif seen["most queries"] == 1 and seen["queries"] >= len(ASKED):
        yield Broken("together", _why_serial(seen))
    if seen["still out"]:
        yield Broken(
            "returned", f"{seen['still out']} connections were not given back to the pool."
        )


def _why_no_dashboard(seen: dict[str, Any]) -> str | None:
    cold, warm = seen["cold"], seen["warm"]
    if "provisioning" in cold["error"] or "IllegalStateChange" in cold["error"]:
        passed = warm is not None and warm["ended"] == "returned"
        after = " On a warm pool the same code passed." if passed else ""
        return (
            f"On a cold pool, dashboard raised {cold['error'].split(' (Background')[0]}.{after} "
            "Several tasks used one session while it was still fetching its connection: give each "
            "task a session of its own."
        )
    if cold["ended"] == "timed out":
        reason = interruption(cold, "dashboard")
        return f"{reason} Does every task that passes the gate leave it again?"
    return interruption(cold, "dashboard")


def _why_serial(seen: dict[str, Any]) -> str:
    if seen["tasks"] > 1:
        return (
            f"{seen['tasks']} tasks took turns: correct, but never more than one query was under "
            f"way. A session, or a lock, that all of them share makes them queue; {MOST} sessions "
            f"serve {MOST} at a time."
        )
    return (
        f"One show after the other: {seen['queries']} queries, and never two under way. Each of "
        "them waits for the database, and these waits could overlap."
    )


def _judge_counts(pairs: Any, at_work: int) -> Iterable[Broken]:
    due = {repr(number): sum(SHOWS[number]) for number in ASKED}
    if pairs == sorted(map(list, due.items())):
        return
    if not isinstance(pairs, list):
        yield Broken("counts", f"dashboard returned {pairs}, not a dict of show and tickets.")
        return
    given = dict(pairs)
    missing = [number for number in due if number not in given]
    if missing and at_work:
        yield Broken(
            "counts",
            "dashboard returned before its tasks had ended: the dict had "
            f"{len(given)} of {len(due)} shows. Await them: gather, or a TaskGroup.",
        )
    elif missing:
        why = " It has sold nothing, and 0 is an answer too." if missing == ["12"] else ""
        yield Broken("counts", f"Show {missing[0]} is missing in the dict.{why}")
    elif extra := [number for number in given if number not in due]:
        yield Broken("counts", f"Nobody asked for show {extra[0]}.")
    else:
        wrong = next(number for number in due if given[number] != due[number])
        yield Broken("counts", _why_wrong(wrong, given[wrong], due[wrong]))


NOT_A_NUMBER = {
    "a Row": ": execute gives rows; scalar gives the number",
    "a coroutine that nobody awaited": ": an `await` is missing",
}


def _why_wrong(show: str, given: Any, due: int) -> str:
    if isinstance(given, str):
        cure = NOT_A_NUMBER.get(given, "")
        return f"dashboard gives {given} for show {show}, not a number{cure}."
    return f"Show {show} has {due} tickets; dashboard says {given}."


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
        "returned": "all connections go back to the pool",
    },
    hints=(
        "A session serves one task. How many tasks may have one at the same time?",
        "asyncio.Semaphore(5) is the gate; inside it each task opens `async with Session() as "
        "session:` and counts.",
        "select(func.count(Ticket.id)).join(Order).where(Order.show_id == show_id) counts the "
        "tickets of a show; start one task for each show in a TaskGroup.",
    ),
    observe=observe_dashboard,
    judge=judge_dashboard,
)
