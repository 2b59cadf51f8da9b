"""ch06-ex3: work at the database that is done anew when others were in its way."""

import asyncio
import contextlib
import inspect
import sqlite3
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

from sqlalchemy import delete, select, text, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from sqlalchemy.orm.exc import StaleDataError

from course.checking.attempts import attempt, interruption, plain
from course.checking.exercise import Broken, Exercise, Finding, Nothing, Plain
from course.checks.ch06_overselling.every_order import (
    NAMES,
    broken_by,
    every_order,
    why_no_proof,
    why_not_explored,
)
from course.checks.ch06_overselling.refusals import COMMIT, WRITE, Refusals
from course.checks.pauses import why_no_seconds, why_together
from course.checks.sessions import close_all, fill, kept_factories
from lantern.pool import connections_in_use
from lantern.theatre import Guest, Order, Show, make_engine

SECONDS = 4.0  # of work, for one question
TIMES = 100  # that it gives up, so that its pauses can be compared
PAUSED = 5  # attempts in each of these
TOO_MANY = 4  # attempts over those that are allowed: then nothing is refused any more

# What becomes of an attempt. The first two are for others' sake, as what the driver refuses.
STALE, LOCKED = "stale", "locked"
KNOWN, KNOWN_LATE, NO_TABLE, BUG = "known", "known late", "no table", "bug"
WAITS, HELD_UP = "waits", "held up"
FINE = "fine"

IN_WORDS = {
    WRITE: "an UPDATE was refused, with `database is locked`",
    COMMIT: "the COMMIT was refused, with `database is locked`",
    STALE: "the work raised a StaleDataError",
    KNOWN: "an INSERT was refused with an IntegrityError",
    KNOWN_LATE: "an INSERT was refused with an IntegrityError, when the commit flushed it",
    NO_TABLE: "a SELECT was refused with `no such table`",
    BUG: "the work raised a ValueError",
    WAITS: "the task was cancelled while the work waited",
    HELD_UP: "the task was cancelled in the pause",
}
AGAIN = (WRITE, COMMIT, STALE)
ONCE = (KNOWN, KNOWN_LATE, NO_TABLE, BUG, WAITS, HELD_UP)


@dataclass(frozen=True)
class Night:
    """A show with places left, an earlier guest with an order, two who come; and a bound."""

    show: int
    capacity: int
    sold: int
    earlier: int
    guests: tuple[int, int]
    attempts: int


def draw_night(random: Random) -> Night:
    """Draw ids that are no counts, and how many attempts there may be."""
    earlier, *guests = random.sample(range(1_000, 9_000), 3)
    sold = random.randint(3, 30)
    show, left = random.randrange(100, 1_000), random.randint(3, 9)
    return Night(
        show, sold + left, sold, earlier, (guests[0], guests[1]), random.choice((3, 4, 6, 7))
    )


def not_now(error: BaseException) -> bool:
    """Say whether an error is for others' sake: what an answer asks."""
    is_lock = isinstance(error, OperationalError) and "database is locked" in str(error)
    return is_lock or isinstance(error, StaleDataError)


def _locked() -> OperationalError:
    return OperationalError("UPDATE shows", {}, sqlite3.OperationalError("database is locked"))


@dataclass
class Call:
    """One call of the answer: what becomes of each attempt, and what was seen.

    After the last part of the plan nothing is refused. `seen` is a list of steps: each attempt,
    each pause, and `then`; `held` is how many connections were in use.
    """

    house: "House"
    plan: Sequence[str]
    guest: int
    attempts: int
    then_raises: bool = False
    result: object = field(default_factory=object)
    raised: list[BaseException] = field(default_factory=list)
    sessions: list[Any] = field(default_factory=list)
    seen: list[Plain] = field(default_factory=list)
    stands: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self, retrying: Any) -> Any:
        """Call the answer; return whether it gave what the work returned."""
        options = {"attempts": self.attempts, "not_now": not_now, "sleep": self.sleep}
        result = retrying(self.house.session, self.work, self.then, **options)
        if not inspect.isawaitable(result):
            kind = type(result).__name__
            raise TypeError(f"it returned a {kind} at once; define it with `async def`")
        return await result is self.result

    async def work(self, session: AsyncSession) -> object:
        """Read and write in the session, unless the plan has something else to happen."""
        begun = self.house.works(self)
        what = self.plan[begun] if begun < len(self.plan) else FINE
        new = not any(session is one for one in self.sessions)
        self.sessions.append(session)
        self.seen.append({"step": "work", "new": new})
        try:
            await self.house.happens(what, session, self)
        except BaseException as error:
            self.raised.append(error)
            raise
        return self.result

    async def sleep(self, delay: Any = None, *_: Any, **__: Any) -> None:
        """Note a pause, which takes no time."""
        held = connections_in_use(self.house.engine)
        self.seen.append({"step": "pause", "seconds": plain(delay), "held": held})
        if HELD_UP in self.plan:
            await self._until_cancelled()

    async def _until_cancelled(self) -> None:
        first = not self.stands.is_set()
        self.stands.set()
        if first:
            await asyncio.get_running_loop().create_future()

    async def then(self, result: Any = None, *_: Any, **__: Any) -> None:
        """Note what comes after the commit."""
        self.seen.append(
            {
                "step": "then",
                "given": result is self.result,
                "stored": self.house.stored(self.guest),
                "held": connections_in_use(self.house.engine),
            }
        )
        if self.then_raises:
            self.raised.append(_locked())
            raise self.raised[-1]


class House:
    """An engine with one show, and the calls that are made there."""

    def __init__(self, case: Night, engine: AsyncEngine) -> None:
        self.case = case
        self.engine = engine
        self.session, _ = kept_factories(engine)
        self.refusals = Refusals(engine)
        self.path = str(engine.url.database)

    def works(self, call: Call) -> int:
        """Return how many attempts a call has made."""
        return sum(step["step"] == "work" for step in call.seen)

    def stored(self, guest: int) -> list[int]:
        """Return what another program sees of a guest's orders: in which attempt each was made."""
        query = "SELECT total_cents FROM orders WHERE guest_id = ? ORDER BY id"
        with contextlib.closing(sqlite3.connect(self.path)) as other:
            return [cents for (cents,) in other.execute(query, (guest,))]

    async def happens(self, what: str, session: AsyncSession, call: Call) -> None:
        """Let an attempt look and write, or fail in its own way."""
        match what:
            case "locked" | "held up":
                raise _locked()
            case "stale":
                await self._order(session, call)
                raise StaleDataError("UPDATE on table 'shows' matched 0 row(s)")
            case "bug":
                await self._order(session, call)
                raise ValueError("no such place")
            case "known":
                session.add(Guest(email=f"{self.case.earlier}@lantern.example"))
                await session.flush()
            case "known late":
                session.add(Guest(email=f"{self.case.earlier}@lantern.example"))
            case "no table":
                await session.execute(text("SELECT * FROM seat_plans"))
            case "waits":
                await self._order(session, call)
                await call._until_cancelled()
            case "write":
                self.refusals.due = [WRITE]
                await self._order(session, call)
            case _:
                await self._order(session, call)
                if what == COMMIT:
                    self.refusals.due = [COMMIT]

    async def _order(self, session: AsyncSession, call: Call) -> None:
        """Look at the show and sell a place; the order says in which attempt."""
        show = await session.get_one(Show, self.case.show)
        show.sold += 1
        cents = self.works(call)
        session.add(Order(show_id=show.id, guest_id=call.guest, total_cents=cents))
        await session.flush()

    async def ask(self, retrying: Any, plan: Sequence[str], **options: Any) -> Plain:
        """Make one call, in a table without orders of this guest, and return what was seen."""
        call = Call(self, plan, self.case.guests[0], **{"attempts": self.case.attempts} | options)
        await self.clear()
        error: list[BaseException] = []

        async def run() -> Any:
            try:
                if {WAITS, HELD_UP} & set(plan):
                    return await self._cancelled(call, retrying)
                return await call.run(retrying)
            except BaseException as raised:
                error.append(raised)
                raise

        with self.refusals.of():
            outcome = await attempt(run, SECONDS)
        asked = {
            "outcome": replace(outcome, value=None).as_dict(),
            "result": outcome.ended == "returned" and outcome.value is True,
            "cancelled": outcome.ended == "returned" and outcome.value == "cancelled",
            "same": bool(error and call.raised and error[0] is call.raised[-1]),
            "steps": call.seen,
            "stored": self.stored(call.guest),
            "held": connections_in_use(self.engine),
        }
        await close_all(self.session)
        return asked

    async def _cancelled(self, call: Call, retrying: Any) -> Any:
        """Cancel the call where it stands; return "cancelled" if that ended it."""
        task = asyncio.ensure_future(call.run(retrying))
        stands = asyncio.ensure_future(call.stands.wait())
        try:
            await asyncio.wait({task, stands}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            stands.cancel()
            task.cancel()
        await asyncio.wait({task})
        return "cancelled" if task.cancelled() else task.result()

    async def clear(self) -> None:
        """Take back what the guests bought, and forget the sessions of earlier calls."""
        self.session.class_.every.clear()
        async with self.engine.begin() as connection:
            await connection.execute(delete(Order).where(Order.guest_id.in_(self.case.guests)))
            values = {"sold": self.case.sold}
            await connection.execute(update(Show).values(values))


async def observe_retrying(case: Night, retrying: Any) -> dict[str, Any]:
    """Let work be refused in many ways, and two guests look and write in every order."""
    engine = make_engine(pool_size=10)
    house = House(case, engine)
    seen: dict[str, Any] = {}
    try:
        await fill(engine, _rows(case))
        seen["alone"] = await house.ask(retrying, ())
        if seen["alone"]["outcome"]["ended"] != "returned":
            return seen
        for what in (*AGAIN, *ONCE):
            seen[what] = await house.ask(retrying, (what,))
        for name, attempts in _bounds(case, seen):
            plan = [LOCKED] * (attempts + TOO_MANY)
            seen[name] = await house.ask(retrying, plan, attempts=attempts)
        seen["then"] = await house.ask(retrying, (), then_raises=True)
        if _pauses_at_all(seen):
            seen["pauses"] = await _pauses(house, retrying)
        # Whoever has no bound, or does not pause, has more orders than can be run.
        if not list(_judge_bound(case, seen)) and not list(_judge_pauses(seen)):
            seen["two"] = await _two(house, retrying)
    finally:
        await close_all(house.session)
        await engine.dispose()
    return seen


def _rows(case: Night) -> list[Any]:
    show = {"id": case.show, "title": "Lear", "capacity": case.capacity, "sold": case.sold}
    guests = [
        {"id": one, "email": f"{one}@lantern.example"} for one in (case.earlier, *case.guests)
    ]
    order = {"show_id": case.show, "guest_id": case.earlier, "total_cents": 0}
    return [(Show, [show]), (Guest, guests), (Order, [order])]


async def _pauses(house: House, retrying: Any) -> Plain:
    """Let it give up many times; return the pauses of each time, in seconds."""
    pauses: list[list[Any]] = []

    async def give_up() -> None:
        for _ in range(TIMES):
            plan = [LOCKED] * (PAUSED + TOO_MANY)
            call = Call(house, plan, house.case.guests[0], PAUSED)
            with contextlib.suppress(Exception):
                await call.run(retrying)
            pauses.append(_between(call.seen))

    outcome = await attempt(give_up, SECONDS)
    return {"outcome": replace(outcome, value=None).as_dict(), "seconds": pauses}


def _between(steps: Iterable[Plain]) -> list[Any]:
    """Return the pause before each attempt but the first, and after the last one if there is one.

    Several in a row are one. What is no number of seconds stands as it is.
    """
    pauses: list[Any] = []
    for step in steps:
        if step["step"] == "work":
            pauses.append(0.0)
        elif step["step"] == "pause" and pauses:
            seconds = step["seconds"]
            both = isinstance(seconds, int | float) and isinstance(pauses[-1], int | float)
            pauses[-1] = pauses[-1] + seconds if both else seconds
    return pauses


async def _two(house: House, retrying: Any) -> Plain:
    """Let two guests look and write in one block, with two attempts, in every order.

    A pause is over when nobody writes: that is as long as a good pause is, and takes no time.
    """

    def calling(guest: int) -> Callable[[], Awaitable[Any]]:
        async def call() -> Any:
            one = Call(house, (), guest, attempts=2)

            async def sleep(*_: Any, **__: Any) -> None:
                await _until_nobody_writes(house.engine)

            one.sleep = sleep  # type: ignore[method-assign]
            return {"result": await one.run(retrying)}

        return call

    async def before() -> None:
        await close_all(house.session)
        await house.clear()

    async def look() -> Plain:
        async with house.engine.connect() as connection:
            guests = select(Order.guest_id).order_by(Order.guest_id)
            return {
                "sold": (await connection.execute(select(Show.sold))).scalar(),
                "guests": list((await connection.execute(guests)).scalars()),
            }

    calls = map(calling, house.case.guests)
    return await every_order(house.engine, *calls, before=before, look=look)


async def _until_nobody_writes(engine: AsyncEngine) -> None:
    async with engine.connect() as connection:
        await connection.execution_options(write=True)
        await connection.begin()
        await connection.rollback()


def judge_retrying(case: Night, seen: dict[str, Any]) -> Iterable[Finding]:
    alone = seen["alone"]
    if reason := _why_nothing(alone):
        yield Nothing(reason)
        return
    bound, pauses = list(_judge_bound(case, seen)), list(_judge_pauses(seen))
    yield from bound
    yield from pauses
    yield from _judge_anew(case, seen)
    yield from _judge_only(seen)
    yield from _judge_then(seen)
    yield from _judge_released(seen)


def _why_nothing(alone: Plain) -> str | None:
    if reason := interruption(alone["outcome"], "retrying"):
        return reason
    if not _works(alone):
        return "retrying returned, and had not called `work`."
    return None


def _works(asked: Plain) -> int:
    return _count(asked, "work")


def _count(asked: Plain, what: str) -> int:
    return sum(step["step"] == what for step in asked["steps"])


def _pauses_after(asked: Plain) -> int:
    """Return how many pauses there were after the first attempt had begun."""
    names = [step["step"] for step in asked["steps"]]
    return names[names.index("work") :].count("pause") if "work" in names else 0


def _times(count: int) -> str:
    return {0: "in no attempt", 1: "once", 2: "twice"}.get(count, f"{count} times")


def _judge_anew(case: Night, seen: dict[str, Any]) -> Iterator[Broken]:
    """Judge whether the whole work is done anew, and what comes back of it."""
    problems = [_why_not_served(seen["alone"], "nothing was refused", 1)]
    problems += [_why_not_served(seen[what], f"{IN_WORDS[what]} once", 2) for what in AGAIN]
    for problem in filter(None, problems[:1]):
        yield Broken("anew", problem)
        return
    if "two" in seen:
        yield from _judge_two(case, seen["two"])
    for problem in filter(None, problems):
        yield Broken("anew", problem)


def _why_not_served(asked: Plain, why: str, due: int) -> str:
    """Say what was wrong with a call that had to succeed in so many attempts."""
    works = [step for step in asked["steps"] if step["step"] == "work"]
    if len(works) == due and not all(step["new"] for step in works):
        return f"When {why}, the next attempt was given the same session; each has a new one."
    if reason := interruption(asked["outcome"], "retrying"):
        return f"When {why}, the work was done {_times(len(works))}. {reason}{_cure(reason)}"
    if len(works) != due:
        return f"When {why}, the work was done {_times(len(works))} in place of {_times(due)}."
    if asked["stored"] != [due]:
        return (
            f"When {why}, the attempts whose order is stored are {asked['stored']} in place of "
            f"[{due}], the last one alone."
        )
    if not asked["result"]:
        return f"When {why}, retrying did not return what the work had returned."
    return ""


def _cure(reason: str) -> str:
    if "PendingRollbackError" not in reason:
        return ""
    return (
        " What has failed in a session is over when it has rolled back; each attempt has a new one."
    )


def _judge_two(case: Night, two: Plain) -> Iterator[Broken]:
    if reason := why_not_explored(two, "retrying") or why_no_proof(two, "retrying, by two guests,"):
        yield Broken("anew", reason)
        return
    for end in two["ends"]:
        for name, outcome in zip(NAMES, end["outcomes"], strict=False):
            if reason := interruption(outcome, f"{name}'s purchase"):
                told = (
                    "Two guests look and write in one block, with two attempts each, and a pause "
                    "that is over when nobody writes: a BEGIN, and a ROLLBACK. "
                )
                in_short = reason.partition(": ")[0]
                yield broken_by("anew", told + reason + _cure(reason), end, in_short=in_short)
                return
        left = {"sold": case.sold + 2, "guests": sorted((case.earlier, *case.guests))}
        if end["left"] != left:
            told = (
                f"Two guests bought a place each: `sold` says {end['left']['sold']} in place of "
                f"{left['sold']}, and the orders are those of {end['left']['guests']}."
            )
            yield broken_by("anew", told, end)
            return


def _judge_only(seen: dict[str, Any]) -> Iterator[Broken]:
    """Judge whether what others have nothing to do with comes out at once."""
    for what in ONCE:
        # Without a COMMIT nothing is flushed late.
        if what == KNOWN_LATE and not seen["alone"]["stored"]:
            continue
        if reason := _why_not_at_once(what, seen[what]):
            yield Broken("only", reason)
            return


def _why_not_at_once(what: str, asked: Plain) -> str:
    works = _works(asked)
    cancelled = what in (WAITS, HELD_UP)
    if what == HELD_UP and not _count(asked, "pause"):
        return ""  # there was no pause in which it could be cancelled
    if works > 1 or (_pauses_after(asked) and what != HELD_UP):
        told = f"{IN_WORDS[what][0].upper()}{IN_WORDS[what][1:]}: "
        done = f"the work was done {_times(works)}" if works > 1 else "there was a pause"
        right = (
            "who was cancelled ends at once"
            if cancelled
            else "an error of which `not_now` says False comes out at once"
        )
        return f"{told}{done}; {right}."
    ended = asked["outcome"]["ended"]
    if cancelled and asked["cancelled"]:
        return ""
    if cancelled or ended == "returned":
        return f"When {IN_WORDS[what]}, {_how_it_ended(asked)}; this was to come out."
    if ended != "raised":
        return interruption(asked["outcome"], "retrying") or ""
    is_known = what == KNOWN_LATE and asked["outcome"]["error"].startswith("IntegrityError")
    if not is_known and not asked["same"]:
        return f"When {IN_WORDS[what]}, {_how_it_ended(asked)}; the error was to come out as it is."
    return ""


def _how_it_ended(asked: Plain) -> str:
    if asked["outcome"]["ended"] == "raised":
        return f"retrying raised {asked['outcome']['error'].rstrip('.')}"
    return f"retrying {asked['outcome']['ended']}"


def _pauses_at_all(seen: dict[str, Any]) -> bool:
    return any(_count(seen[what], "pause") for what in AGAIN if _works(seen[what]) > 1)


def _bounds(case: Night, seen: dict[str, Any]) -> list[tuple[str, int]]:
    """Return how many attempts are allowed where all are refused, by the name of the question.

    They are few for an answer that may wait by the clock, and longer each time.
    """
    return [("one", 1), ("bound", case.attempts if _pauses_at_all(seen) else 2)]


def _judge_bound(case: Night, seen: dict[str, Any]) -> Iterator[Broken]:
    """Judge how often the work is done at most, and what comes out at last."""
    for name, attempts in _bounds(case, seen):
        asked = seen[name]
        works = _works(asked)
        which = f"With `attempts={attempts}` and a work that is refused each time, "
        if works != attempts:
            more = f"{works} times at least" if works > attempts + TOO_MANY else _times(works)
            yield Broken("bound", f"{which}the work was done {more}.")
            return
        if asked["outcome"]["ended"] != "raised" or not asked["same"]:
            yield Broken(
                "bound",
                f"{which}the error of the last attempt was to come out, that very one; "
                f"{_how_it_ended(asked)}.",
            )
            return


def _judge_pauses(seen: dict[str, Any]) -> Iterator[Broken]:
    if reason := _why_no_pauses(seen):
        yield Broken("pauses", reason)


def _why_no_pauses(seen: dict[str, Any]) -> str:
    if any(step["step"] == "pause" for step in seen["alone"]["steps"][:1]):
        return "There was a pause before the first attempt."
    if any(_between(seen[name]["steps"])[-1:] not in ([], [0.0]) for name in ("alone", "one")):
        return "There was a pause, and no further attempt after it."
    if not any(_works(seen[what]) > 1 for what in AGAIN):
        return "Nothing was tried again, so there was no pause before a further attempt."
    if not _pauses_at_all(seen):
        return "A further attempt came without a pause: `sleep` was not awaited before it."
    if reason := interruption(seen["pauses"]["outcome"], "retrying"):
        return reason
    every = seen["pauses"]["seconds"]
    if reason := why_no_seconds(every):
        return reason
    # How many attempts there are is not what this is about.
    if any(pauses and pauses[-1] for pauses in every):
        return "There was a pause after the last attempt: nothing comes after it but the error."
    return why_together([pauses[:-1] for pauses in every])


def _judge_then(seen: dict[str, Any]) -> Iterator[Broken]:
    if reason := _why_not_after(seen):
        yield Broken("then", reason)


def _why_not_after(seen: dict[str, Any]) -> str:
    asked = seen["then"]
    for one in (seen["alone"], asked):
        for step in (step for step in one["steps"] if step["step"] == "then"):
            if not step["stored"]:
                return "When `then` was called, nobody else could see the order: no COMMIT yet."
            if not step["given"]:
                return "`then` was called with something else than what the work had returned."
    # What was done once more, and should not have been, is judged elsewhere.
    for what in (*ONCE, "one", "bound"):
        if any(step["step"] == "then" and not step["stored"] for step in seen[what]["steps"]):
            return "`then` was called although no attempt had been committed."
    works, calls = _works(asked), _count(asked, "then")
    told = "`then` raised `database is locked`, after the commit: "
    if works != 1:
        return f"{told}the work was done {_times(works)}, and {len(asked['stored'])} orders stored."
    for one in (seen["alone"], asked):
        if (calls := _count(one, "then")) != 1:
            return f"`then` was called {_times(calls)} after one commit."
    if _pauses_after(asked) or not asked["same"]:
        return f"{told}this was to come out; {_how_it_ended(asked)}."
    return ""


def _judge_released(seen: dict[str, Any]) -> Iterator[Broken]:
    if reason := _why_not_released(seen):
        yield Broken("released", reason)


def _why_not_released(seen: dict[str, Any]) -> str:
    for what in ("alone", *AGAIN, *ONCE, "one", "bound", "then"):
        asked = seen[what]
        for step in asked["steps"]:
            if step.get("held") and step["step"] == "pause":
                when = IN_WORDS.get(what, "it was refused")
                return f"When {when}, a connection was held in the pause."
            # Whoever has not committed yet is told that.
            if step.get("held") and step["step"] == "then" and step["stored"]:
                return "While `then` was awaited, a connection was held."
        if asked["outcome"]["ended"] not in ("returned", "raised"):
            continue
        when = f" when {IN_WORDS[what]}" if what in IN_WORDS else ""
        if asked["held"]:
            return f"At the end a connection was not given back{when}."
    return ""


RETRYING = Exercise(
    id="ch06-ex3",
    title="Once more, from the beginning",
    objectives=("retry", "again"),
    answers=("retrying",),
    promises={
        "anew": "who was refused begins anew, with the whole work in a new session: two who look "
        "and write in one block are both served in two attempts, in every order of their steps",
        "only": "an error of which `not_now` says False comes out at once, as it is, and so does a "
        "cancellation",
        "bound": "the work is done `attempts` times at most, and then the last error comes out, "
        "as it is",
        "pauses": "before each further attempt there is a pause, which grows, and is not the same "
        "for two who were refused together",
        "then": "`then` is called once, after the commit, and nothing that it raises lets the work "
        "be done again",
        "released": "no connection is held in a pause, while `then` is awaited, or at the end",
    },
    hints=(
        "What belongs together in an attempt: the session, the work, the COMMIT. What does not?",
        "A `for` over the attempts; in it a `try` around one block of `Session.begin()`, and an "
        "`except`. The pause and `then` stand outside of the block.",
        "`except Exception as error: if attempt == attempts or not not_now(error): raise`, then "
        "`await sleep(uniform(0, 0.01 * 2**attempt))`. A `try` has an `else`, for what comes when "
        "nothing was raised.",
    ),
    draw=draw_night,
    observe=observe_retrying,
    judge=judge_retrying,
)
