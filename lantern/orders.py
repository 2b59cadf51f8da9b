"""Run code under every order of its steps at the database, and find the orders that break it.

The orders are searched depth first, each run from the start, by sleep sets
(P. Godefroid, "Partial-Order Methods for the Verification of Concurrent Systems", 1996): of orders
that only exchange steps which nobody can tell the order of, one is run. A step that touches
nothing that is shared is taken at once, since no other order of it makes a difference.

What a proof here is worth: it is one of this code on this database, with these tasks, from this
beginning. It sees the steps that go through the engine it was given, and neither other processes
nor the code between two steps, which it takes as a part of the first; nobody waits longer than a
time-out while another goes on; and another database has other locks, and other orders.

On PostgreSQL, with asyncpg and psycopg, a step that waits for a lock waits in the server, and who
has waited goes on by itself there, in the order in which it came. Who has to wait and has a
lock_timeout or a statement_timeout always runs out of it, and who closes the circle of a deadlock
is ended. It does not see a connection's other time-outs, what a PgBouncer lies between, a view or
an operator that calls a function which locks, or when a streamed result is fetched. What the
server decides by its clock is counted, and is no proof.
"""

from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from lantern.conductor import Choose, Conductor, Settings, Task, TooLong
from lantern.errors import first_line
from lantern.steps import Order, Pending, Step, Touch
from lantern.strands import OutOfTurn

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

Before = Callable[[], Awaitable[object]]
Invariant = Callable[[tuple[Any, ...]], Awaitable[object]]
# https://www.postgresql.org/docs/current/errcodes-appendix.html
REFUSALS = {
    "40001": "serialization failure",
    "40P01": "deadlock detected",
    "55P03": "lock not available",
    "57014": "query canceled",
}
# At an order in which several go on in the server at once: on a busy machine the system lets one
# as often as the other run first.
ATTEMPTS = 60
IN_MEMORY = "+"  # begins a schedule in which the tasks' first lines are steps, too


class DoesNotFit(Exception):
    """The tasks do not take the steps that a schedule, or an earlier run, had."""


@dataclass(frozen=True)
class Exploration:
    """What became of the orders that were run.

    `exhausted`: these are all orders, but for those that differ in nothing that anybody can see.
    In so many orders as `left_to_server` says, a server decided by its clock how it went on: each
    may come to another end in another run, and so these are not all.
    `outcomes` counts the orders by what their tasks came to, in words. `broken` has the orders in
    which the invariant did not hold, the plainest first: the one that changes tasks least often.
    """

    orders: int
    exhausted: bool
    in_memory: bool
    outcomes: Counter[tuple[str, ...]]
    broken: tuple[Order, ...]
    left_to_server: int = 0

    @property
    def verdict(self) -> str:
        """Say in a sentence what was run and what came of it."""
        which = "every order" if self.exhausted else "cut off"
        if not self.broken:
            told = "none breaks it" if self.exhausted else "none of these breaks it"
        else:
            told = f"{len(self.broken)} break it" if self.broken[1:] else "1 breaks it"
        left = self.left_to_server and f", and in {self.left_to_server} the server's clock decided"
        return f"{which}: {self.orders} run, {told}{left or ''}"

    def __repr__(self) -> str:
        return f"<Exploration: {self.verdict}>"


async def explore(
    engine: "AsyncEngine",
    *tasks: Task,
    before: Before,
    invariant: Invariant,
    limit: int = 1000,
    in_memory: bool = False,
) -> Exploration:
    """Run the tasks under every order of their steps at the database of `engine`.

    `tasks` are functions that take nothing and return an awaitable. `before` is awaited before
    each order, and brings the database to where all of them begin. `invariant` is awaited after
    each one with the tasks' outcomes: what they returned, or the exceptions they raised. It breaks
    if it raises AssertionError or returns False. After `limit` orders the search is cut off.

    Say `in_memory=True` if the tasks share anything but the database: a lock, a cache, a session.
    Where one is seen to wait for another outside the database, the search begins anew as if it
    had been said.
    """
    async with Settings.of(engine, in_memory) as settings:
        try:
            return await _search(settings, tasks, before, invariant, limit)
        except _MetInMemory:
            settings.in_memory = True
            return await _search(settings, tasks, before, invariant, limit)


async def replay(
    schedule: str,
    engine: "AsyncEngine",
    *tasks: Task,
    before: Before,
    invariant: Invariant,
) -> Order:
    """Run the tasks in the one order that a schedule says, and return it.

    Raises DoesNotFit where a task is to go on that cannot, as when the code is another by now.
    """
    async with Settings.of(engine, schedule.startswith(IN_MEMORY)) as settings:
        began = partial(_as_it_says, schedule, lambda ready: min(ready))
        order = await _one(settings, tasks, before, invariant, began)
    assert order
    return order


async def walk(schedule: str, engine: "AsyncEngine", *tasks: Task, before: Before) -> Order:
    """Take the steps of a schedule and no more, and return the order so far.

    Its `next` says who can go on, and with what: add a letter to the schedule, and walk again.
    What was begun is taken back. Raises DoesNotFit as replay does.
    """
    able: dict[str, Pending] = {}

    def stop(ready: dict[str, Pending]) -> None:
        able.update(ready)

    async with Settings.of(engine, schedule.startswith(IN_MEMORY)) as settings:
        conductor, order = await run_order(
            settings, tasks, before, partial(_as_it_says, schedule, stop)
        )
    if order:  # they have come to their ends
        return replace(order, schedule=schedule)
    ready = tuple(Step(letter, one.kind, one.sql, one.values) for letter, one in able.items())
    return Order(conductor.steps, (), schedule=schedule, next=ready)


def _as_it_says(schedule: str, at_its_end: Choose) -> Choose:
    """Return what chooses by a schedule, and after its last letter as it is told."""
    letters = enumerate(schedule.removeprefix(IN_MEMORY), 1)

    def choose(ready: dict[str, Pending]) -> str | None:
        number, letter = next(letters, (0, ""))
        if letter and letter not in ready:
            able = ", ".join(sorted(ready))
            raise DoesNotFit(f"step {number} is {letter}'s in the schedule, and {able} can go on")
        return letter or at_its_end(ready)

    return choose


@dataclass
class _Node:
    """A place in the search where one of several steps comes next.

    `asleep` are steps that need not come next: the orders in which they do have been run.
    """

    ready: dict[str, Touch]
    asleep: dict[str, Touch]
    chosen: str
    left: list[str] = field(default_factory=list)

    def go_on(self) -> bool:
        """Choose the next step; False if all have been."""
        if not self.left:
            return False
        self.asleep[self.chosen] = self.ready[self.chosen]
        self.chosen = self.left.pop(0)
        return True

    def asleep_after(self) -> dict[str, Touch]:
        """Return what sleeps on after the chosen step: what can be exchanged with it."""
        step = self.ready[self.chosen]
        return {one: touch for one, touch in self.asleep.items() if not touch.meets(step)}


class _Search:
    """The path to the order that is run now, and what is left to choose along it."""

    def __init__(self) -> None:
        self.path: list[_Node] = []
        self.depth = 0

    def begin(self) -> Choose:
        """Begin at the start of the path; return what chooses along it."""
        self.depth = 0
        return self.choose

    def choose(self, ready: dict[str, Pending]) -> str | None:
        """Choose as the path says, then the first step that is not asleep."""
        touches = {letter: pending.touch for letter, pending in ready.items()}
        self.depth += 1
        if self.depth <= len(self.path):
            node = self.path[self.depth - 1]
            if node.ready != touches:
                raise DoesNotFit(_NOT_THE_SAME)
            return node.chosen
        asleep = self.path[-1].asleep_after() if self.path else {}
        alone = [letter for letter, touch in touches.items() if not touch]
        awake = alone[:1] or sorted(touches.keys() - asleep.keys())
        if not awake:
            return None
        self.path.append(_Node(touches, asleep, awake[0], awake[1:]))
        return awake[0]

    def leave(self) -> None:
        """Give up what comes after the last step: it cannot be come to again."""
        del self.path[self.depth - 1 :]

    def back(self) -> bool:
        """Go to the next order; False if there is none."""
        while self.path and not self.path[-1].go_on():
            self.path.pop()
        return bool(self.path)


_NOT_THE_SAME = (
    "The tasks took other steps than before, in the same order of steps: they depend on something "
    "besides the database, like the time, a random number, or what an earlier order left behind. "
    "Let `before` bring all of it to where it was."
)


_BY_ITS_CLOCK = (
    "The server decided by its clock how this order went on, and not as before: whom it ends of "
    "those in a deadlock, or who is first of those that waited for the same end."
)


async def _search(
    settings: Settings, tasks: tuple[Task, ...], before: Before, invariant: Invariant, limit: int
) -> Exploration:
    """Search the orders; raises _MetInMemory if tasks did so and that had not been said."""
    search, orders, left, cut, endless = _Search(), 0, 0, False, False
    outcomes: Counter[tuple[str, ...]] = Counter()
    broken: list[Order] = []
    while not cut:
        try:
            order = await _one(settings, tasks, before, invariant, search.begin)
        except _ClockDecided:
            order, left = None, left + 1
            search.leave()
        if order and orders == limit:
            cut = True
        elif order:
            orders += 1
            left += order.left_to_server
            endless |= any(isinstance(outcome, TooLong) for outcome in order.outcomes)
            outcomes[tuple(map(told, order.outcomes))] += 1
            broken += [order] if order.broken else []
        if not search.back():
            break
    broken.sort(key=lambda order: (order.switches, len(order.schedule), order.schedule))
    exhausted = not (cut or endless or left)
    return Exploration(orders, exhausted, settings.in_memory, outcomes, tuple(broken), left)


class _MetInMemory(Exception):
    pass


class _ClockDecided(DoesNotFit):
    pass


async def run_order(
    settings: Settings, tasks: tuple[Task, ...], before: Before, begin: Callable[[], Choose]
) -> tuple[Conductor, Order | None]:
    """Run one order, again where those who waited did not go on as they came.

    Who always goes on in another way does not do so by chance, and nothing can be said of it.
    """
    for attempt in range(ATTEMPTS):
        await before()
        last = attempt == ATTEMPTS - 1
        conductor = Conductor(settings, begin(), in_turn=not last)
        try:
            return conductor, await conductor.run(tasks)
        except OutOfTurn:
            continue
        except DoesNotFit as error:
            if conductor.is_left_to_server:
                raise _ClockDecided(_BY_ITS_CLOCK) from error
            raise
    raise AssertionError("the last attempt takes what comes")


async def _one(
    settings: Settings,
    tasks: tuple[Task, ...],
    before: Before,
    invariant: Invariant,
    begin: Callable[[], Choose],
) -> Order | None:
    """Run one order, and ask the invariant."""
    conductor, order = await run_order(settings, tasks, before, begin)
    if conductor.met_in_memory and not settings.in_memory:
        raise _MetInMemory
    if order is None:
        return None
    broken = ""
    try:
        if await invariant(order.outcomes) is False:
            broken = "the invariant returned False"
    except AssertionError as error:
        broken = first_line(error) or "the invariant's assert failed"
    schedule = (IN_MEMORY if settings.in_memory else "") + order.schedule
    return replace(order, broken=broken, schedule=schedule)


def told(outcome: Any) -> str:
    """Say in words what a task came to: what it returned, or the error that it raised.

    What a PostgreSQL refused for others' sake has the same words with every driver.
    """
    state = getattr(getattr(outcome, "orig", None), "sqlstate", None)
    if state in REFUSALS:
        return f"{REFUSALS[state]} ({state})"
    if isinstance(outcome, BaseException):
        return first_line(outcome)
    return outcome if isinstance(outcome, str) else repr(outcome)
