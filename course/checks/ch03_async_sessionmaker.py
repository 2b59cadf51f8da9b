"""Chapter 3: load before the door closes, one session a task, no hidden read, a long export."""

import asyncio
import contextlib
import gc
import inspect
import re
import tracemalloc
import warnings
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar

from sqlalchemy import event, insert, select, update
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker
from sqlalchemy.util import await_

from course.exercise import Broken, Exercise, Star
from course.observation import attempt, describe, interruption, plain
from lantern import (
    LedgerEntry,
    Order,
    Show,
    Ticket,
    count_sql,
    make_engine,
    pool_watch,
    seed,
)


class Kept(AsyncSession):
    """A session that is kept: what an answer does not close must not vanish unseen."""

    every: ClassVar[list["Kept"]] = []

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.every.append(self)


async def _close_all(factory: Any) -> None:
    """Close what an answer left open; a session that several tasks used may refuse even that."""
    for session in factory.class_.every:
        with contextlib.suppress(Exception):
            await session.close()


@contextlib.asynccontextmanager
async def theatre(**options: Any) -> AsyncIterator[tuple[AsyncEngine, Any]]:
    """Give (engine, factory) for one observation, and leave nothing of it behind.

    The factory has the settings of the course's Read. An attribute that could not be loaded
    leaves a coroutine: it is collected here, so that its warning turns up nowhere else.
    """
    engine = make_engine(**options)
    settings: dict[str, Any] = {"expire_on_commit": False, "close_resets_only": False}
    # Messages of SQLAlchemy name the class: it is the one that the learner knows.
    kept = type("AsyncSession", (Kept,), {"every": []})
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".*never awaited", RuntimeWarning)
        factory = async_sessionmaker(engine, class_=kept, **settings)
        try:
            yield engine, factory
        finally:
            await _close_all(factory)
            await engine.dispose()
            gc.collect()


# --- ch03-ex1: show_detail ------------------------------------------------------------------

TICKETS = (3, 1, 4, 1, 5, 0, 2, 6)  # of each order of show 1, in the order of their ids
FEW = 3  # statements


async def observe_show_detail(show_detail: Any) -> dict[str, Any]:
    """Ask for a show with eight orders, and for one that does not exist."""
    async with theatre() as (engine, factory):
        await seed(engine, capacity=10)
        await _sell(engine, {1: TICKETS})
        with count_sql(engine) as statements:
            outcome = await attempt(lambda: show_detail(factory, 1))
        left = engine.sync_engine.pool.checkedout()
        unknown = await attempt(lambda: show_detail(factory, 404))
        return {
            "show": {**outcome.as_dict(), "value": _read(outcome.value)},
            "statements": len(statements),
            "still out": left,
            "unknown": {**unknown.as_dict(), "value": _name(unknown.value)},
            "elsewhere": await _statements_of_a_plain_query(engine),
        }


async def _sell(engine: AsyncEngine, tickets: dict[int, Sequence[int]]) -> None:
    """Give each show its orders, with that many tickets each; counters and ledger agree."""
    async with AsyncSession(engine) as session, session.begin():
        for show_id, counts in tickets.items():
            if await session.get(Show, show_id) is None:
                session.add(Show(id=show_id, title=f"Evening {show_id}", capacity=100))
            for count in counts:
                order = Order(show_id=show_id, guest_id=1, total_cents=2500 * count)
                order.tickets = [Ticket() for _ in range(count)]
                session.add(order)
                await session.flush()
                session.add(LedgerEntry(order_id=order.id, amount_cents=order.total_cents))
            show = await session.get_one(Show, show_id)
            show.sold = sum(counts)


def _name(value: Any) -> str | None:
    return None if value is None else type(value).__name__


def _why_interrupted(outcome: dict[str, Any], name: str) -> str | None:
    reason = interruption(outcome, name)
    return reason and reason.replace("?.", "?")


def _told(error: Exception) -> str:
    """Return class and first line of an error, without the link to its explanation."""
    return describe(error).split(" (Background on")[0]


def _read(show: Any) -> dict[str, Any]:
    """Read a show as its caller would: outside of any session, without an await."""
    if not isinstance(show, Show):
        return {"kind": _name(show)}
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


def judge_show_detail(seen: dict[str, Any]) -> Iterable[Broken | Star]:
    # Two joined collections are one statement that repeats show and order for every ticket. That
    # keeps every promise made here, so it passes; what it ships is shown in the lesson.
    outcome, show = seen["show"], seen["show"]["value"]
    if reason := _why_interrupted(outcome, "show_detail"):
        for promise in SHOW_DETAIL.promises:
            yield Broken(promise, reason + _why_it_failed(reason))
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

# --- ch03-ex2: dashboard --------------------------------------------------------------------

SHOWS = {number: (number % 4 + 1,) * (number % 3 + 1) for number in range(1, 12)} | {12: ()}
ASKED = tuple(number for number in SHOWS if number != 5)  # one show is not asked for
MOST = 5  # connections
QUIET = 0.05  # seconds without a new query, after which the ones that wait are answered
DASHBOARD_SECONDS = 8.0
PATIENT = 0.5  # the same, in the first rounds: even a busy machine starts its tasks in this time
ROUNDS = 3  # that are patient


class Counter:
    """The place where queries wait for each other, so that what goes on at once can be counted.

    A query is answered when no more arrive: what is seen does not depend on the machine's speed.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self.waiting: list[tuple[int, asyncio.Future[None]]] = []
        self.tasks: set[asyncio.Task[Any]] = set()
        self.queries = self.most = 0
        self.shared = False
        self.patient_rounds = ROUNDS
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
        """Answer whoever waits once nobody else comes, for ever."""
        while True:
            await self._until_quiet()
            for _, future in self.waiting:
                if not future.done():
                    future.set_result(None)

    async def _until_quiet(self) -> None:
        await self._another(None)
        seconds = PATIENT if self.patient_rounds else QUIET
        while len(self.waiting) < len(ASKED) and await self._another(seconds):
            pass
        self.patient_rounds = max(0, self.patient_rounds - 1)

    async def _another(self, seconds: float | None) -> bool:
        self.arrived.clear()
        try:
            await asyncio.wait_for(self.arrived.wait(), seconds)
        except TimeoutError:
            return False
        return True


async def observe_dashboard(dashboard: Any) -> dict[str, Any]:
    """Ask for eleven shows of twelve, on a pool that has no connection yet, and on a warm one."""
    # As shipped, a shared session passes on a warm pool: the mistake is shown as it is met.
    async with theatre(as_shipped=True, pool_size=len(SHOWS) + 3) as (engine, factory):
        await seed(engine, capacity=10)
        await _sell(engine, SHOWS)
        await engine.dispose()  # the pool is cold again
        counter = Counter(engine)
        server = asyncio.create_task(counter.serve())
        try:
            with pool_watch(engine) as watch:
                cold = await _asked(dashboard, factory)
            seen = counter.report()
            # The pool is warm now: did it only fail for the cold?
            warm = await _asked(dashboard, factory) if cold["ended"] == "raised" else None
        finally:
            server.cancel()
        left = engine.sync_engine.pool.checkedout()
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

    outcome = await attempt(call, DASHBOARD_SECONDS)
    # gather leaves tasks behind when one fails: they must not outlive the engine.
    if left := asyncio.all_tasks() - before:
        await asyncio.wait(left, timeout=2.0)
    return {**outcome.as_dict(), "at work": at_work}


def _pairs(value: Any) -> Any:
    """Return a dict as sorted pairs, since JSON has no numbers for keys."""
    if isinstance(value, dict):
        return sorted([repr(key), _number(count)] for key, count in value.items())
    return _name(value)


def _number(value: Any) -> Any:
    """Return a number, or in words what stands in its place."""
    if value is None or isinstance(value, int):
        return value
    told = str(plain(value)).strip("<>")
    return told if told.startswith("a ") else f"a {_name(value)}"


def judge_dashboard(seen: dict[str, Any]) -> Iterable[Broken | Star]:
    if reason := _why_no_dashboard(seen):
        for promise in DASHBOARD.promises:
            yield Broken(promise, reason)
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
        return (
            f"dashboard had not returned after {DASHBOARD_SECONDS:.0f} s. Does every task that "
            "passes the gate leave it again?"
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


def _judge_counts(pairs: Any, at_work: int) -> Iterable[Broken]:
    right = sorted([repr(number), sum(SHOWS[number])] for number in ASKED)
    if pairs == right:
        return
    if not isinstance(pairs, list):
        yield Broken("counts", f"dashboard returned {pairs}, not a dict of show and tickets.")
        return
    given, due = dict(pairs), dict(right)
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

# --- ch03-ex3: touch ------------------------------------------------------------------------

OPENING = datetime(2027, 3, 1, 19, 30)  # what the clock of the database says at first
CLOCKS = ("current_timestamp", "datetime", "strftime")  # SQLite's functions that tell the time


def set_the_clock(engine: AsyncEngine) -> list[str]:
    """Let the database's clock go on by a minute each time it is asked: no real clock.

    Returns the list of the moments that it told. Also an expression in a trigger, or in a default
    of the table, asks this clock.
    """
    told: list[str] = []

    def tell(*_: Any) -> str:
        told.append(str(OPENING + timedelta(minutes=len(told) + 1)))
        return told[-1]

    def set_clock(connection: Any, record: Any) -> None:
        for name in CLOCKS:
            connection.create_function(name, -1, tell)

    event.listen(engine.sync_engine, "connect", set_clock)
    return told


async def observe_touch(note: Any, touch: Any) -> dict[str, Any]:
    """Let somebody read a note, and compare the time that is told with the one in the table."""
    # As shipped, the hidden read fails with the message that the learner meets elsewhere.
    async with theatre(as_shipped=True) as (engine, factory):
        told = set_the_clock(engine)
        try:
            async with engine.begin() as connection:
                await connection.run_sync(note.metadata.create_all)
            return await _touched(engine, factory, note, touch, told)
        except Exception as error:
            return {"table": describe(error)}


async def _touched(
    engine: AsyncEngine, factory: Any, note: Any, touch: Any, told: list[str]
) -> dict[str, Any]:
    async with factory.begin() as session:
        # The database writes this time itself: a model whose default was changed may not.
        session.add(note(id=1, text="The balcony door sticks.", updated=OPENING))
    with count_sql(engine) as statements:
        async with factory() as session:
            outcome = await attempt(lambda: touch(session, 1))
    by_touch = list(told)
    stored = await _row(engine, note)
    # An update that touch has no part in: is it stamped as well?
    async with factory.begin() as session:
        await session.execute(update(note).where(note.id == 1).values(text="It closes again."))
    later = await _row(engine, note)
    return {
        "touch": {**outcome.as_dict(), "value": _moment(outcome.value)},
        "kind": _name(outcome.value),
        "reads": stored.reads,
        "stored": _moment(stored.updated),
        "before": _moment(OPENING),
        "by the database": _moment(stored.updated) in by_touch,
        "still stamped": _moment(later.updated) in told and later.updated != stored.updated,
        "returning": any("UPDATE" in sql and "RETURNING" in sql for sql in statements),
    }


async def _row(engine: AsyncEngine, note: Any) -> Any:
    table = note.__table__
    async with AsyncSession(engine) as session:
        return (await session.execute(select(table.c.reads, table.c.updated))).one()


def _moment(value: Any) -> str:
    return str(value if isinstance(value, datetime) else plain(value))


def judge_touch(seen: dict[str, Any]) -> Iterable[Broken | Star]:
    if "table" in seen:
        for promise in TOUCH.promises:
            yield Broken(promise, f"The table of Note could not be used: {seen['table']}.")
        return
    told = seen["touch"]["value"]
    if reason := _why_interrupted(seen["touch"], "touch"):
        yield Broken("told", _why_untold(reason))
    elif seen["kind"] != "datetime":
        yield Broken("told", _why_no_moment(seen["kind"]))
    elif told == seen["before"] and seen["reads"] == 1:
        yield Broken(
            "told",
            f"touch returned {told}, the time from before the update. It was read too early, or "
            "kept from then.",
        )
    elif told != seen["stored"] and seen["reads"] == 1:
        yield Broken(
            "told",
            f"touch returned another time than the one in the table, {seen['stored']}. Two clocks "
            "agree by chance: ask for the value that the database wrote.",
        )
    if seen["reads"] != 1:
        yield Broken(
            "written",
            f"Another session sees reads == {seen['reads']} where 1 is due. "
            "Was it committed, and once? `session.commit()` without `await` commits nothing.",
        )
    elif not seen["still stamped"]:
        yield Broken(
            "written",
            "An update elsewhere in the program no longer stamps the note: its onupdate is gone, "
            "or is no longer the database's clock.",
        )
    elif not seen["by the database"]:
        yield Broken(
            "written",
            f"In the table stands {seen['stored']}, which the database's clock never said: the "
            "program wrote a time of its own over the stamp.",
        )
    elif told == seen["stored"] and seen["returning"]:
        yield Star(
            "The UPDATE itself brought the new value back: no statement more, and nothing to "
            "load afterwards."
        )


def _why_no_moment(kind: str | None) -> str:
    if kind is None:
        return "touch returned nothing: `updated` is to be returned."
    cure = " An `await` is missing." if kind == "coroutine" else ""
    return f"touch returned a {kind}; a datetime is due.{cure}"


def _why_untold(reason: str) -> str:
    if "greenlet" not in reason:
        return reason
    return (
        f"{reason} The database computed `updated` during the UPDATE, so the "
        "attribute was expired, and reading it wanted to load it. expire_on_commit=False, which "
        "this session has, keeps what is known; it does not fetch what is not."
    )


TOUCH = Exercise(
    id="ch03-ex3",
    title="When was it read?",
    objectives=("implicit", "bridge"),
    answers=("Note", "touch"),
    promises={
        "told": "touch returns the time that stands in the table",
        "written": "the reading is counted, stamped and committed, once",
    },
    hints=(
        "Which value did the database compute, and how does your session get to know it?",
        "Something has to be awaited: `await session.refresh(note)` is one way.",
        'For the star: `__mapper_args__ = {"eager_defaults": True}` on the model makes the '
        "UPDATE return what the database computed.",
    ),
    observe=observe_touch,
    judge=judge_touch,
)

# --- ch03-ex4: export -----------------------------------------------------------------------

FEW_ORDERS, SMALL, LARGE = 50, 3_000, 6_000
GROWTH = 1.5  # what reads ahead by portions needs as much for both; what keeps all, twice as much
KEYS = ("id", "show_id", "guest_id", "total_cents")
STOP_AFTER = 10
SLACK = 50_000  # bytes that may differ between two runs for reasons of their own
EXPORT_SECONDS = 6.0


async def observe_export(export: Any) -> dict[str, Any]:
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

    outcome = await attempt(consume, EXPORT_SECONDS)
    left = engine.sync_engine.pool.checkedout()
    await _close_all(factory)
    first = rows[0] if rows and isinstance(rows[0], dict) else None
    return {
        "outcome": outcome.as_dict(),
        "generator": generator,
        "rows": len(rows),
        "row": _name(rows[0]) if rows and first is None else None,
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
    left = engine.sync_engine.pool.checkedout()
    await _close_all(factory)
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


def judge_export(seen: dict[str, Any]) -> Iterable[Broken | Star]:
    early = seen["early"]
    if reason := _why_no_export(early):
        for promise in EXPORT.promises:
            yield Broken(promise, reason)
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
    outcome = early["outcome"]
    if outcome["ended"] == "timed out":
        return f"export had not given its first rows after {EXPORT_SECONDS:.0f} s."
    reason = _why_interrupted(outcome, "export")
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
    if large["outcome"]["ended"] == "timed out":
        return (
            f"export had read {large['orders']} of {LARGE} orders after {EXPORT_SECONDS:.0f} s, "
            f"and sent {large['statements']} statements. One statement for each order is N+1."
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

EXERCISES = (SHOW_DETAIL, DASHBOARD, TOUCH, EXPORT)
