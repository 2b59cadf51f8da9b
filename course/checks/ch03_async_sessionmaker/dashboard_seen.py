"""What is seen of ch03-ex2: a board of shows, and an answer asked on it, cold, warm, in vain."""

import asyncio
import inspect
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from sqlalchemy import insert, update
from sqlalchemy.ext.asyncio import AsyncEngine

from course.checking.attempts import attempt, plain
from course.checking.patience import until_done
from course.checks.ch03_async_sessionmaker.kept import class_of, refused, theatre
from course.checks.ch03_async_sessionmaker.query_queue import QueryQueue
from course.checks.ch03_async_sessionmaker.sales import Sales, draw_sales
from course.checks.sessions import fill
from lantern import pool_watch
from lantern.pool import connections_in_use
from lantern.theatre import Show, Ticket

SHOWS, ASKED = 120, 22  # how many there are, and how many of them are asked for at first
PATIENCE = 10.0  # seconds: on a busy machine the queue takes long to see that nobody comes


@dataclass(frozen=True)
class Board:
    """What the box office has sold, and the shows that are asked for, one of them twice.

    Later one more ticket comes to the order `extended`, of a show that was asked for.
    """

    sales: Sales
    asked: tuple[int, ...]
    extended: int

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

    def every(self) -> tuple[int, ...]:
        """Return all shows there are."""
        return tuple(show["id"] for show in self.sales.shows)

    def extended_show(self) -> int:
        """Return the show of the order that gets one more ticket later."""
        (order,) = [one for one in self.sales.orders if one["id"] == self.extended]
        return int(order["show_id"])

    def orders(self, show_id: int) -> list[Any]:
        """Return the orders of a show."""
        return self.sales.orders_of(show_id)


def draw_dashboard(random: Random) -> Board:
    """Draw many shows; of those asked for one has no order, one no ticket, one many orders."""
    sales = draw_sales(random, (0, 1, 12, *(random.randint(2, 5) for _ in range(SHOWS - 3))))
    ids = [show["id"] for show in sales.shows][:ASKED]
    ids.append(ids[2])
    extended = random.choice(sales.orders_of(ids[2]))["id"]
    random.shuffle(ids)
    return Board(sales, tuple(ids), extended)


async def observe_dashboard(case: Board, dashboard: Any) -> dict[str, Any]:
    """Ask on a pool that has no connection yet, on a warm one, while queries fail, and later."""
    # As shipped, a shared session passes on a warm pool: the mistake is shown as it is met.
    async with theatre(as_shipped=True, pool_size=ASKED + 5) as (engine, factory):
        await fill(engine, case.sales.tables())
        await engine.dispose()  # the pool is cold again
        queue = QueryQueue(engine, case.spare(), ASKED)
        server = asyncio.create_task(queue.serve())
        failed, later, none, warm, left = [], None, None, None, 0
        try:
            with pool_watch(engine) as watch:
                cold = await _asked(dashboard, factory, list(case.asked))
            seen = queue.report() | {"still out": connections_in_use(engine)}
            most = watch.most
            if cold["ended"] == "raised":
                # The pool is warm now: did it only fail for the cold?
                warm = await _asked(dashboard, factory, list(case.asked))
            # A session that tasks share may break in any way when one of them fails.
            elif cold["ended"] == "returned" and not queue.shared:
                with pool_watch(engine) as watch:
                    failed = await _failed(dashboard, factory, case, engine, queue)
                left = connections_in_use(engine) - seen["still out"]
                if not left and not seen["still out"]:
                    most = max(most, watch.most)
                queue.is_open = True
                await _sell(engine, case)
                later = await _asked(dashboard, factory, case.every())
                none = await _asked(dashboard, factory, ())
        finally:
            server.cancel()
            queue.tasks.clear()
    seen |= {"most connections": most, "still out of the failed": left}
    return {"cold": cold, "warm": warm, "failed": failed, "later": later, "none": none, **seen}


async def _failed(
    dashboard: Any, factory: Any, case: Board, engine: AsyncEngine, queue: QueryQueue
) -> list[dict[str, Any]]:
    """Ask while a query of the first round fails, one of the second, and every query."""
    failed = []
    for queue.fails_in in (1, 2):
        failed.append(await _asked(dashboard, factory, list(case.asked)))
    queue.fails_in = 0
    with refused(engine):
        return [*failed, await _asked(dashboard, factory, list(case.asked))]


async def _sell(engine: AsyncEngine, case: Board) -> None:
    """Add one ticket to the order that gets one later."""
    show_id = case.extended_show()
    async with engine.begin() as connection:
        await connection.execute(insert(Ticket), {"order_id": case.extended})
        more = update(Show).where(Show.id == show_id).values(sold=Show.sold + 1)
        await connection.execute(more)


async def _asked(dashboard: Any, factory: Any, show_ids: Sequence[int]) -> dict[str, Any]:
    before = asyncio.all_tasks()
    at_work = 0

    def call() -> Any:
        asked = dashboard(factory, show_ids)
        return pairs_of(asked) if inspect.isawaitable(asked) else asked

    async def pairs_of(asked: Any) -> Any:
        # Tasks that were left alone may go on filling the dict: what is in it now is the answer.
        return _pairs(await asked)

    def at_end() -> None:
        nonlocal at_work
        tasks = (task.get_coro() for task in asyncio.all_tasks() - before)
        at_work = sum(not _is_a_dialects(coroutine) for coroutine in tasks) - 1  # all but this one

    outcome = await attempt(call, PATIENCE, at_end)
    # gather leaves tasks behind when one fails: they must not outlive the engine.
    await until_done(asyncio.all_tasks() - before)
    return {**outcome.as_dict(), "at work": at_work}


def _is_a_dialects(coroutine: Any) -> bool:
    """Tell whether SQLAlchemy ends a connection there: one that was cancelled twice, as by AnyIO.

    The pool has let go of it by then, and no task of the answer is left.
    """
    frame = getattr(coroutine, "cr_frame", None)
    name = str(frame.f_globals.get("__name__")) if frame else ""
    return name.startswith("sqlalchemy.dialects.")


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
