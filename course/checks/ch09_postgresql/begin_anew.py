"""ch09-ex3: who may begin anew, and who may not."""

import asyncio
import contextlib
import inspect
import itertools
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

from sqlalchemy import delete, update
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from course.checking.attempts import attempt, interruption, plain
from course.checking.exercise import Broken, Exercise, Finding, Nothing, Plain, Unseen
from course.checks.ch09_postgresql.failures import FAILURES, SALE, failed
from course.checks.ch09_postgresql.refusals import ASYNCPG, PSYCOPG
from course.checks.pauses import why_no_seconds, why_together
from course.checks.sessions import close_all, fill, kept_factories
from lantern.pool import connections_in_use
from lantern.theatre import Guest, Order, Show, make_engine

TIMES = 40  # that it gives up, so that its pauses can be compared
PAUSED = 5  # attempts in each of these
TOO_MANY = 4  # attempts over those that are allowed: then nothing is refused any more

# Where an attempt fails: in a statement, in its COMMIT, or in a COMMIT that was done. What is no
# failure of the server's is raised by the work, or is its cancellation.
STATEMENT, COMMIT, DONE, RAISES, WAITS = "statement", "commit", "done", "raises", "waits"


@dataclass(frozen=True)
class Fault:
    """What goes wrong in one attempt."""

    where: str
    what: str = ""
    driver: str = ""

    @property
    def told(self) -> str:
        """What went wrong, in words."""
        if self.where == RAISES:
            return "the work raised a ValueError whose message has 40001 in it"
        if self.where == WAITS:
            return "the task was cancelled while the work waited"
        failure = FAILURES[self.what]
        place = "a statement" if self.where == STATEMENT else "the COMMIT"
        over_asyncpg = self.driver == ASYNCPG and failure.unread
        said = failure.unread if over_asyncpg else f"{failure.message}, {failure.state}"
        return f"{place} failed over {self.driver} with *{said}*"


@dataclass(frozen=True)
class Night:
    """A show, a guest and what guests type; a bound, and the faults in the order of the run."""

    show: int
    guest: int
    typed: str
    attempts: int
    again: tuple[Fault, ...]
    once: tuple[Fault, ...]
    unknown: tuple[Fault, ...]


def draw(random: Random) -> Night:
    """Draw each fault over both drivers, in any order, and a bound that is no usual one."""
    both = (ASYNCPG, PSYCOPG)
    kinds = ((STATEMENT, "serialization"), (STATEMENT, "deadlock"), (COMMIT, "dependencies"))
    again = [Fault(where, what, driver) for where, what in kinds for driver in both]
    codes = ("unique", "lock timeout", "statement timeout")
    once = [Fault(STATEMENT, what, driver) for what in codes for driver in both]
    once += [Fault(COMMIT, "unique", random.choice(both)), Fault(RAISES), Fault(WAITS)]
    unknown = [Fault(DONE, what, driver) for what in ("lost", "unknown") for driver in both]
    for faults in (again, once, unknown):
        random.shuffle(faults)
    typed = f"{random.choice(('40001 could not serialize', '40P01 deadlock detected'))} access"
    return Night(
        random.randrange(100, 1_000), random.randrange(1_000, 9_000), typed,
        random.choice((3, 4, 6, 7)), tuple(again), tuple(once), tuple(unknown),
    )  # fmt: skip


@dataclass
class Call:
    """One call of the answer: what goes wrong in each attempt, and the steps that were seen."""

    house: "House"
    plan: Sequence[Fault | None]
    attempts: int
    then_raises: bool = False
    light: bool = False  # an attempt that fails before it has asked the database
    result: object = field(default_factory=object)
    raised: list[BaseException] = field(default_factory=list)
    sessions: list[Any] = field(default_factory=list)
    steps: list[Plain] = field(default_factory=list)
    waits: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self, begin_anew: Any) -> Any:
        """Call the answer; return whether it gave what the work returned."""
        result = begin_anew(
            self.house.session, self.work, self.then, attempts=self.attempts, sleep=self.sleep
        )
        if not inspect.isawaitable(result):
            kind = type(result).__name__
            raise TypeError(f"it returned a {kind} at once; define it with `async def`")
        return await result is self.result

    async def work(self, session: AsyncSession) -> object:
        """Sell a place in the session, unless the plan has something else to happen."""
        begun = count(self.steps, "work")
        fault = self.plan[begun] if begun < len(self.plan) else None
        self.steps.append({"step": "work", "new": all(session is not one for one in self.sessions)})
        self.sessions.append(session)
        if not self.light:
            show = await session.get_one(Show, self.house.case.show)
            show.sold += 1
            order = Order(show_id=show.id, guest_id=self.house.case.guest, total_cents=begun + 1)
            session.add(order)
            await session.flush()
        if fault:
            await self._fail(fault)
        return self.result

    async def _fail(self, fault: Fault) -> None:
        if fault.where == WAITS:
            self.waits.set()
            await asyncio.get_running_loop().create_future()
        error = self._error(fault)
        self.raised.append(error)
        if fault.where in (COMMIT, DONE):
            self.house.due = (fault.where, error)
        else:
            raise error

    def _error(self, fault: Fault) -> BaseException:
        if fault.where == RAISES:
            return ValueError(f"no seat {self.house.case.typed} (40001)")
        statement = SALE if fault.where == STATEMENT else None
        typed = self.house.case.typed
        return failed(FAILURES[fault.what], fault.driver, statement, typed)

    async def sleep(self, delay: Any = None, *_: Any, **__: Any) -> None:
        """Note a pause, which takes no time."""
        held = connections_in_use(self.house.engine)
        self.steps.append({"step": "pause", "seconds": plain(delay), "held": held})

    async def then(self, result: Any = None, *_: Any, **__: Any) -> None:
        """Note what comes after the COMMIT."""
        stored, given = self.house.stored(), result is self.result
        self.steps.append({"step": "then", "given": given, "stored": stored})
        if self.then_raises:
            error = failed(FAILURES["serialization"], self.house.case.again[0].driver, SALE)
            self.raised.append(error)
            raise error


class House:
    """An engine with one show, whose COMMIT fails when that is due."""

    def __init__(self, case: Night, engine: AsyncEngine) -> None:
        self.case, self.engine = case, engine
        self.session, _ = kept_factories(engine)
        self.due: tuple[str, BaseException] | None = None

    @contextlib.contextmanager
    def failing(self) -> Iterator[None]:
        """Let a COMMIT fail when it is due: taken back, or, for DONE, with the work done."""
        commit = self.engine.dialect.do_commit

        def committing(connection: Any) -> None:
            if self.due is None:
                commit(connection)
                return
            (where, error), self.due = self.due, None
            (commit if where == DONE else self.engine.dialect.do_rollback)(connection)
            raise error

        self.engine.dialect.do_commit = committing  # type: ignore
        try:
            yield
        finally:
            self.due = None
            del self.engine.dialect.do_commit

    def stored(self) -> list[int]:
        """Return what another program sees of the orders: in which attempt each was made."""
        with contextlib.closing(sqlite3.connect(str(self.engine.url.database))) as other:
            found = other.execute("SELECT total_cents FROM orders ORDER BY id").fetchall()
        return [attempt for (attempt,) in found]

    async def ask(self, begin_anew: Any, *plan: Fault, **options: Any) -> Plain:
        """Make one call, in a house without orders, and return what was seen."""
        call = Call(self, plan, **{"attempts": self.case.attempts} | options)
        await self._clear()
        error: list[BaseException] = []

        async def run() -> Any:
            try:
                if plan and plan[0].where == WAITS:
                    return await self._cancelled(call, begin_anew)
                return await call.run(begin_anew)
            except BaseException as raised:
                error.append(raised)
                raise

        with self.failing():
            outcome = await attempt(run)
        await close_all(self.session)
        returned = outcome.ended == "returned"
        return {
            "outcome": replace(outcome, value=None).as_dict(),
            "result": returned and outcome.value is True,
            "cancelled": returned and outcome.value == "cancelled",
            "same": bool(error and call.raised and error[0] is call.raised[-1]),
            "steps": call.steps,
            "stored": self.stored(),
        }

    async def _cancelled(self, call: Call, begin_anew: Any) -> Any:
        """Cancel the call where its work waits; return "cancelled" if that ended it."""
        task = asyncio.ensure_future(call.run(begin_anew))
        waits = asyncio.ensure_future(call.waits.wait())
        try:
            await asyncio.wait({task, waits}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            waits.cancel()
            task.cancel()
        await asyncio.wait({task})
        return "cancelled" if task.cancelled() else task.result()

    async def pauses(self, begin_anew: Any, fault: Fault) -> Plain:
        """Let it give up many times; return the pauses of each time, in seconds."""
        every: list[list[Any]] = []

        async def give_up() -> None:
            for _ in range(TIMES):
                call = Call(self, [fault] * (PAUSED + TOO_MANY), PAUSED, light=True)
                with contextlib.suppress(Exception):
                    await call.run(begin_anew)
                every.append([s["seconds"] for s in call.steps if s["step"] == "pause"])

        outcome = await attempt(give_up)
        return {"outcome": replace(outcome, value=None).as_dict(), "seconds": every}

    async def _clear(self) -> None:
        self.session.class_.every.clear()
        async with self.engine.begin() as connection:
            await connection.execute(delete(Order))
            await connection.execute(update(Show).values(sold=0))


async def observe(case: Night, begin_anew: Any) -> dict[str, Any]:
    """Let attempts fail in every way, over both drivers, and note what was done about it."""
    engine = make_engine()
    house = House(case, engine)
    try:
        show = {"id": case.show, "title": "Lear", "capacity": 99, "sold": 0}
        guest = {"id": case.guest, "email": case.typed}
        await fill(engine, [(Show, [show]), (Guest, [guest])])
        seen: dict[str, Any] = {"alone": await house.ask(begin_anew)}
        if seen["alone"]["outcome"]["ended"] != "returned":
            return seen
        for name in ("again", "once", "unknown"):
            seen[name] = [await house.ask(begin_anew, one) for one in getattr(case, name)]
        seen["then"] = await house.ask(begin_anew, then_raises=True)
        if fault := tried_again(case, seen):
            plan = [fault] * (case.attempts + TOO_MANY)
            seen["bound"] = await house.ask(begin_anew, *plan)
            seen["one"] = await house.ask(begin_anew, *plan, attempts=1)
            seen["pauses"] = await house.pauses(begin_anew, fault)
    finally:
        await close_all(house.session)
        await engine.dispose()
    return seen


def tried_again(case: Night, seen: dict[str, Any]) -> Fault | None:
    """Return a fault of a statement after which the answer began anew, if there is one."""
    for fault, asked in zip(case.again, seen["again"], strict=True):
        if fault.where == STATEMENT and count(asked["steps"], "work") > 1:
            return fault
    return None


def count(steps: Iterable[Plain], what: str) -> int:
    """Return how many of the steps are of this kind."""
    return sum(step["step"] == what for step in steps)


def judge(case: Night, seen: dict[str, Any]) -> Iterable[Finding]:
    """Say what was begun anew and should not have been, or the other way round."""
    alone = seen["alone"]
    if reason := interruption(alone["outcome"], "begin_anew"):
        yield Nothing(reason)
        return
    if not count(alone["steps"], "work"):
        yield Nothing("begin_anew returned, and had not called `work`.")
        return
    yield from _judge_again(case, seen)
    yield from _judge_once(case, seen)
    yield from _judge_unknown(case, seen)
    yield from _judge_outside(seen)
    if "bound" in seen:
        yield from _judge_bound(case, seen)
        if reason := _why_no_pauses(seen):
            yield Broken("pauses", reason)
    else:
        yield from (Unseen("bound"), Unseen("pauses"))


def _judge_again(case: Night, seen: dict[str, Any]) -> Iterator[Broken]:
    if reason := _why_not_served(seen["alone"], "When nothing failed, ", 1):
        yield Broken("again", reason)
    for fault, asked in zip(case.again, seen["again"], strict=True):
        if reason := _why_not_served(asked, f"When {fault.told}, ", 2):
            yield Broken("again", reason)
            return


def _why_not_served(asked: Plain, when: str, due: int) -> str:
    works = [step for step in asked["steps"] if step["step"] == "work"]
    if len(works) > 1 and not all(step["new"] for step in works):
        return f"{when}the next attempt had the same session; each has a new one."
    if len(works) != due:
        how = _how_it_ended(asked)
        return (
            f"{when}the work was done {_times(works)} in place of {_times(range(due))}, and {how}."
        )
    if reason := interruption(asked["outcome"], "begin_anew"):
        return f"{when}the work was done {_times(works)}. {reason}"
    if asked["stored"] != [due]:
        return (
            f"{when}the attempts whose order is stored are {asked['stored']} in place of [{due}], "
            "the last one alone."
        )
    return "" if asked["result"] else f"{when}what the work had returned did not come back."


def _judge_once(case: Night, seen: dict[str, Any]) -> Iterator[Broken]:
    for fault, asked in zip(case.once, seen["once"], strict=True):
        if reason := _why_not_at_once(fault, asked):
            yield Broken("once", f"{reason} It is neither 40001 nor 40P01: it comes out at once.")
            return


def _judge_unknown(case: Night, seen: dict[str, Any]) -> Iterator[Broken]:
    for fault, asked in zip(case.unknown, seen["unknown"], strict=True):
        if reason := _why_not_at_once(fault, asked):
            yield Broken(
                "unknown",
                f"{reason} Here the COMMIT had been done, and {len(asked['stored'])} orders are "
                "stored; the program cannot know, so it must not try again.",
            )
            return


def _why_not_at_once(fault: Fault, asked: Plain) -> str:
    when, works = f"When {fault.told}, ", count(asked["steps"], "work")
    if works > 1:
        return f"{when}the work was done {_times(range(works))}."
    if count(asked["steps"], "pause"):
        return f"{when}there was a pause."
    right = asked["cancelled"] if fault.where == WAITS else asked["same"]
    return "" if right else f"{when}{_how_it_ended(asked)}; that very error was to come out."


def _judge_outside(seen: dict[str, Any]) -> Iterator[Broken]:
    if reason := _why_not_outside(seen):
        yield Broken("outside", reason)


def _why_not_outside(seen: dict[str, Any]) -> str:
    alone, asked = seen["alone"], seen["then"]
    thens = [s for one in (alone, asked) for s in one["steps"] if s["step"] == "then"]
    if any(not step["stored"] for step in thens):
        return "When `then` was called, nobody else could see the order: no COMMIT yet."
    if any(not step["given"] for step in thens):
        return "`then` was called with something else than what the work had returned."
    every = (*seen["once"], *seen["unknown"])  # what was done again is judged elsewhere
    failed_once = [one for one in every if count(one["steps"], "work") == 1]
    if any(count(one["steps"], "then") for one in failed_once):
        return "`then` was called although the COMMIT had failed, or had not been reached."
    works, told = count(asked["steps"], "work"), "`then` raised 40001, after the COMMIT: "
    if works != 1:
        return f"{told}the work was done {_times(range(works))}. It is sold; this comes out."
    if (calls := count(alone["steps"], "then")) != 1 or count(asked["steps"], "then") != 1:
        return f"`then` was called {_times(range(calls))} after one COMMIT; once is due."
    return "" if asked["same"] else f"{told}this was to come out; {_how_it_ended(asked)}."


def _judge_bound(case: Night, seen: dict[str, Any]) -> Iterator[Broken]:
    for attempts, asked in ((case.attempts, seen["bound"]), (1, seen["one"])):
        works = count(asked["steps"], "work")
        which = f"With `attempts={attempts}`, and a work that is refused each time, "
        if works != attempts:
            more = " at least" if works > attempts + TOO_MANY else ""
            yield Broken("bound", f"{which}the work was done {_times(range(works))}{more}.")
            return
        if not asked["same"]:
            how = _how_it_ended(asked)
            yield Broken("bound", f"{which}the last error was to come out, that very one; {how}.")
            return


def _why_no_pauses(seen: dict[str, Any]) -> str:
    if count(seen["alone"]["steps"], "pause") or seen["one"]["steps"][-1]["step"] == "pause":
        return "There was a pause, and no further attempt after it."
    for asked in (*seen["again"], seen["bound"]):
        steps = asked["steps"]
        if any(step["step"] == "pause" and step["held"] for step in steps):
            return "A connection was held in the pause: others wait for it, and for its locks."
        if any(a["step"] == b["step"] == "work" for a, b in itertools.pairwise(steps)):
            return "A further attempt came without a pause: `sleep` was not awaited before it."
    if reason := interruption(seen["pauses"]["outcome"], "begin_anew"):
        return reason
    every = seen["pauses"]["seconds"]
    return why_no_seconds(every) or why_together(every)


def _how_it_ended(asked: Plain) -> str:
    if asked["outcome"]["ended"] == "raised":
        return f"begin_anew raised {asked['outcome']['error'].rstrip('.')}"
    return f"begin_anew {asked['outcome']['ended']}"


def _times(works: Sequence[Any]) -> str:
    return {0: "in no attempt", 1: "once", 2: "twice"}.get(len(works), f"{len(works)} times")


BEGIN_ANEW = Exercise(
    id="ch09-ex3",
    title="Begin anew, or not",
    objectives=("refusals",),
    answers=("begin_anew",),
    promises={
        "again": "after 40001 and 40P01, over either driver, of a statement or of the COMMIT, the "
        "whole work is done once more, in a new session, and stored once",
        "once": "every other error comes out at once, as it is, and so does a cancellation",
        "unknown": "a COMMIT of which nobody knows whether it was done is not tried again",
        "bound": "the work is done `attempts` times at most, and then the last error comes out",
        "pauses": "before each further attempt there is a pause, which grows and has chance in it, "
        "and no connection is held meanwhile",
        "outside": "`then` is called once, after the COMMIT, and nothing that it raises lets the "
        "work be done again",
    },
    hints=(
        "What do all errors that say *taken back* have in common, over both drivers? What has a "
        "connection that was lost in its place?",
        "`getattr(error.orig, 'sqlstate', None) in ('40001', '40P01')`, and nothing else: not the "
        "class, not the message, not how the code begins.",
        "A `for` over the attempts; in it a `try` around one block of `Session.begin()`, with "
        "`except DBAPIError`. The pause and `then` stand outside of the block and of the `try`.",
    ),
    draw=draw,
    observe=observe,
    judge=judge,
)
