"""ch03-ex2: one session a task, or one statement for all."""

import asyncio
import inspect
from collections.abc import Iterable
from dataclasses import dataclass
from random import Random
from typing import Any

from sqlalchemy import event
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.util import await_

from course.checking.attempts import attempt, interruption, plain
from course.checking.exercise import Broken, Exercise, Finding, Nothing
from course.checking.patience import SOON, until_idle
from course.checks.ch03_async_sessionmaker.kept import class_of, theatre
from course.checks.ch03_async_sessionmaker.sales import Sales, draw_sales
from course.checks.sessions import fill
from lantern import pool_watch
from lantern.pool import connections_in_use

SHOWS, ASKED = 24, 22  # how many there are, and how many of them are asked for
MOST = 5  # connections


@dataclass(frozen=True)
class Board:
    """What the box office has sold, and the shows that are asked for, one of them twice."""

    sales: Sales
    asked: tuple[int, ...]

    def tickets(self, show_id: int) -> int:
        """Return how many tickets a show has."""
        return sum(len(self.sales.tickets_of(order["id"])) for order in self.orders(show_id))

    def spare(self) -> set[int]:
        """Return the shows of which one lost answer is not seen: no tickets, or asked twice."""
        return {
            show_id
            for show_id in self.asked
            if not self.tickets(show_id) or self.asked.count(show_id) > 1
        }

    def orders(self, show_id: int) -> list[Any]:
        """Return the orders of a show."""
        return self.sales.orders_of(show_id)


def draw_dashboard(random: Random) -> Board:
    """Draw two dozen shows; one that is asked for has no order, one has orders and no ticket."""
    sales = draw_sales(random, (0, 1, *(random.randint(2, 5) for _ in range(SHOWS - 2))))
    ids = [show["id"] for show in sales.shows][:ASKED]
    ids.append(ids[2])
    random.shuffle(ids)
    return Board(sales, tuple(ids))


@dataclass(frozen=True)
class Waiting:
    """A query that waits on a connection; `counts`: what it asks about is not spare."""

    connection: int
    answer: asyncio.Future[None]
    counts: bool


class QueryQueue:
    """The place where queries wait for each other, so that what goes on at once can be counted.

    A query is answered when no more arrive: what is seen does not depend on the machine's speed.
    """

    def __init__(self, engine: AsyncEngine, spare: set[int]) -> None:
        self.waiting: list[Waiting] = []
        self.spare = spare
        self.tasks: set[asyncio.Task[Any]] = set()
        self.queries = self.most = 0
        self.shared = self.fails_next = False
        self.arrived = asyncio.Event()
        event.listen(engine.sync_engine, "before_cursor_execute", self._before)

    def _before(
        self, connection: Any, cursor: Any, statement: str, values: Any, *rest: Any
    ) -> None:
        # SQLAlchemy calls this inside its greenlet, so that it may wait.
        if not statement.startswith("BEGIN"):
            counts = not self.spare.issuperset(values)
            await_(self._queue(id(connection.connection.driver_connection), counts))

    async def _queue(self, connection: int, counts: bool) -> None:
        task = asyncio.current_task()
        assert task is not None
        future = asyncio.get_running_loop().create_future()
        self.shared = self.shared or any(connection == other.connection for other in self.waiting)
        entry = Waiting(connection, future, counts)
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
            if len(self.waiting) < ASKED:
                await until_idle(SOON)
            self.arrived.clear()
            if self.fails_next and (failing := [entry for entry in self.waiting if entry.counts]):
                self.fails_next = False
                refused = Exception("disk I/O error")
                failing[0].answer.set_exception(OperationalError(None, None, refused))
                # Whoever lets the error out before the others have ended does so now.
                await until_idle(SOON)
            for entry in self.waiting:
                if not entry.answer.done():
                    entry.answer.set_result(None)


async def observe_dashboard(case: Board, dashboard: Any) -> dict[str, Any]:
    """Ask on a pool that has no connection yet, on a warm one, and while a query fails."""
    # As shipped, a shared session passes on a warm pool: the mistake is shown as it is met.
    async with theatre(as_shipped=True, pool_size=SHOWS + 3) as (engine, factory):
        await fill(engine, case.sales.tables())
        await engine.dispose()  # the pool is cold again
        queue = QueryQueue(engine, case.spare())
        server = asyncio.create_task(queue.serve())
        try:
            with pool_watch(engine) as watch:
                cold = await _asked(dashboard, factory, case)
            seen = queue.report() | {"still out": connections_in_use(engine)}
            # The pool is warm now: did it only fail for the cold?
            warm = await _asked(dashboard, factory, case) if cold["ended"] == "raised" else None
            # A session that tasks share may break in any way when one of them fails.
            queue.fails_next = cold["ended"] == "returned" and not queue.shared
            failed = await _asked(dashboard, factory, case) if queue.fails_next else None
        finally:
            server.cancel()
        left = connections_in_use(engine) - seen["still out"]
    seen |= {"most connections": watch.most, "still out of the failed": left}
    return {"cold": cold, "warm": warm, "failed": failed, **seen}


async def _asked(dashboard: Any, factory: Any, case: Board) -> dict[str, Any]:
    before = asyncio.all_tasks()
    at_work = 0

    def call() -> Any:
        asked = dashboard(factory, list(case.asked))
        return pairs_of(asked) if inspect.isawaitable(asked) else asked

    async def pairs_of(asked: Any) -> Any:
        # Tasks that were left alone may go on filling the dict: what is in it now is the answer.
        return _pairs(await asked)

    def at_end() -> None:
        nonlocal at_work
        at_work = len(asyncio.all_tasks() - before) - 1  # all but this one

    outcome = await attempt(call, at_end=at_end)
    # gather leaves tasks behind when one fails: they must not outlive the engine.
    if left := asyncio.all_tasks() - before:
        ended, _ = await asyncio.wait(left, timeout=2.0)
        for task in ended:
            task.cancelled() or task.exception()  # so that nobody prints it later
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


def judge_dashboard(case: Board, seen: dict[str, Any]) -> Iterable[Finding]:
    if reason := _why_no_dashboard(seen):
        yield Nothing(reason)
        return
    yield from _judge_counts(case, seen["cold"]["value"], seen["cold"]["at work"])
    if seen["failed"]:
        yield from _judge_failed(case, seen["failed"])
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
    if seen["most queries"] == 1 and seen["queries"] >= ASKED:
        yield Broken("together", _why_serial(seen))
    if left := seen["still out"]:
        yield Broken("returned", f"{_connections(left)} not given back to the pool.")
    elif left := seen["still out of the failed"]:
        yield Broken(
            "returned",
            f"When queries failed, {_connections(left)} not given back to the pool: what closes a "
            "session has to run on every way out, as the end of `async with` does.",
        )
    elif left := _left_at_work(seen["failed"]):
        yield Broken(
            "returned",
            f"When queries failed, the error came out while {_tasks(left)} still at work, with the "
            "connections in their hands. `gather` lets the first error out and leaves the others "
            "to themselves; a TaskGroup, or `return_exceptions=True`, ends when all have ended.",
        )


def _left_at_work(failed: dict[str, Any] | None) -> int:
    return failed["at work"] if failed and failed["ended"] == "raised" else 0


def _tasks(count: int) -> str:
    return f"{count} task{'s were' if count > 1 else ' was'}"


def _connections(count: int) -> str:
    return f"{count} connection{'s were' if count > 1 else ' was'}"


def _judge_failed(case: Board, failed: dict[str, Any]) -> Iterable[Broken]:
    """Judge the call in which the database refused one query: to raise or to ask again is right."""
    if failed["ended"] == "timed out":
        yield Broken("counts", f"Queries failed. {interruption(failed, 'dashboard')}")
    elif failed["ended"] == "returned" and failed["value"] != _right(case):
        yield Broken(
            "counts",
            "Queries failed with an OperationalError, and dashboard returned all the same, without "
            "the right numbers. Let the error out, or ask again.",
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
        return (
            f"{interruption(cold, 'dashboard')} It had sent {seen['queries']} queries. Did a task "
            "pass the gate and never leave it, or do tasks wait for each other?"
        )
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


def _right(case: Board) -> list[Any]:
    return sorted([repr(number), case.tickets(number)] for number in set(case.asked))


def _judge_counts(case: Board, pairs: Any, at_work: int) -> Iterable[Broken]:
    if pairs == _right(case):
        return
    if not isinstance(pairs, list):
        yield Broken("counts", f"dashboard returned {pairs}, not a dict of show and tickets.")
        return
    given, due = dict(pairs), dict(_right(case))
    missing = [number for number in due if number not in given]
    if missing and at_work:
        yield Broken(
            "counts",
            "dashboard returned before its tasks had ended: the dict had "
            f"{len(given)} of {len(due)} shows. Await them: gather, or a TaskGroup.",
        )
    elif missing:
        yield Broken("counts", _why_missing(missing, due))
    elif extra := [number for number in given if number not in due]:
        yield Broken("counts", f"Nobody asked for show {extra[0]}.")
    else:
        wrong = next(number for number in due if given[number] != due[number])
        yield Broken("counts", _why_wrong(case, wrong, given[wrong], due[wrong]))


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
