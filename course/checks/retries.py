"""How ch06-ex3 and ch09-ex3 call an answer that does work anew, and what they see of it."""

import asyncio
import contextlib
import inspect
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from course.checking.attempts import attempt, plain
from course.checking.exercise import Plain
from course.checking.patience import SOON, until_idle
from course.checking.sealed import sealed
from course.checks.pauses import why_no_seconds, why_together
from course.checks.sessions import beside, close_all, kept_factories
from lantern.pool import connections_in_use
from lantern.theatre import Order, Show

SECONDS = 4.0  # of work, for one question
PAUSED = 5  # attempts of a call that is there for its pauses
NOTHINGS: tuple[Any, ...] = (None, [])  # what a work may return as well
TOO_MANY = 4  # attempts over those that are allowed: then nothing fails any more


@dataclass
class Call:
    """One call of the answer: what becomes of each attempt, and the steps that were seen.

    After the last part of the plan nothing fails. Each attempt, each pause and `then` is a step;
    `held` is how many connections were in use.
    """

    office: "BoxOffice"
    plan: Sequence[Any]
    attempts: int
    guest: int
    result: object = field(default_factory=object)
    then_raises: BaseException | None = None
    held_up: bool = False  # it is cancelled in its first pause
    raised: list[BaseException] = field(default_factory=list)
    sessions: list[Any] = field(default_factory=list)
    steps: list[Plain] = field(default_factory=list)
    stands: asyncio.Event = field(default_factory=asyncio.Event)
    stood: asyncio.Future[None] | None = None

    async def run(self, answer: Any) -> Any:
        """Call the answer; return whether it gave what the work returned."""
        options = {"attempts": self.attempts, "sleep": sealed(self.sleep), **self.office.options}
        result = answer(self.office.session, sealed(self.work), sealed(self.then), **options)
        if not inspect.isawaitable(result):
            kind = type(result).__name__
            raise TypeError(f"it returned a {kind} at once; define it with `async def`")
        return await result is self.result

    async def run_cancelled(self, answer: Any) -> Any:
        """Call the answer and cancel it where it stands; return "cancelled" if that ended it.

        It is "left" if that ended the answer alone, and what it had begun still stands there.
        """
        task = asyncio.ensure_future(self.run(answer))
        stands = asyncio.ensure_future(self.stands.wait())
        try:
            await asyncio.wait({task, stands}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            stands.cancel()
            task.cancel()
        await asyncio.wait({task})
        if task.cancelled() and self.stood and not self.stood.done():
            self.stood.cancel()
            await until_idle(SOON)
            return "left"
        return "cancelled" if task.cancelled() else task.result()

    async def until_cancelled(self) -> None:
        """Stand still until the cancellation; whoever goes on after it is not held up again."""
        self.stands.set()
        if self.stood is None:
            self.stood = asyncio.get_running_loop().create_future()
            await self.stood

    @property
    def works(self) -> int:
        """How many attempts it has made."""
        return count(self.steps, "work")

    async def work(self, session: AsyncSession) -> object:
        """Sell a place in the session, or fail, as the plan has it."""
        what = self.plan[self.works] if self.works < len(self.plan) else None
        new = all(session is not one for one in self.sessions)
        self.sessions.append(session)
        self.steps.append({"step": "work", "new": new})
        try:
            await self.office.happens(what, session, self)
        except BaseException as error:
            self.raised.append(error)
            raise
        return self.result

    async def sleep(self, delay: Any = None, *_: Any, **__: Any) -> None:
        """Note a pause, which takes no time."""
        held = connections_in_use(self.office.engine)
        self.steps.append({"step": "pause", "seconds": plain(delay), "held": held})
        if self.held_up:
            await self.until_cancelled()

    async def then(self, result: Any = None, *_: Any, **__: Any) -> None:
        """Note what comes after the COMMIT."""
        stored, given = self.office.stored(self.guest), result is self.result
        held = connections_in_use(self.office.engine)
        self.steps.append({"step": "then", "given": given, "stored": stored, "held": held})
        if self.then_raises:
            self.raised.append(self.then_raises)
            raise self.then_raises


class BoxOffice:
    """An engine with one show, where attempts fail; how they do, a check says."""

    options: ClassVar[dict[str, Any]] = {}  # what the answer is given besides

    def __init__(self, engine: AsyncEngine, show: int, sold: int, guests: Sequence[int]) -> None:
        self.engine, self.show, self.sold, self.guests = engine, show, sold, guests
        self.session, _ = kept_factories(engine)
        self.others = beside(engine)

    async def happens(self, what: Any, session: AsyncSession, call: Call) -> None:
        """Let an attempt look and write, or fail in its own way."""
        raise NotImplementedError

    def failing(self) -> contextlib.AbstractContextManager[None]:
        """Let statements and COMMITs fail when that is due, while the block runs."""
        raise NotImplementedError

    async def order(self, session: AsyncSession, call: Call) -> None:
        """Look at the show and sell a place; the order says in which attempt."""
        show = await session.get_one(Show, self.show)
        show.sold += 1
        session.add(Order(show_id=show.id, guest_id=call.guest, total_cents=call.works))
        await session.flush()

    def stored(self, guest: int) -> list[int]:
        """Return what another program sees of a guest's orders: in which attempt each was made."""
        query = select(Order.total_cents).where(Order.guest_id == guest).order_by(Order.id)
        with self.others.connect() as other:
            return list(other.execute(query).scalars())

    def calling(self, plan: Sequence[Any], attempts: int, **options: Any) -> Call:
        """Return a call by the first guest."""
        return Call(self, plan, attempts, self.guests[0], **options)

    async def ask(
        self, answer: Any, plan: Sequence[Any], attempts: int, cancel: bool = False, **options: Any
    ) -> Plain:
        """Make one call, in a table without orders of the guests, and return what was seen."""
        call = self.calling(plan, attempts, **options)
        await self.clear()
        error: list[BaseException] = []

        async def run() -> Any:
            try:
                return await (call.run_cancelled if cancel else call.run)(answer)
            except BaseException as raised:
                error.append(raised)
                raise

        with self.failing():
            outcome = await attempt(run, SECONDS)
        returned = outcome.ended == "returned"
        asked = {
            "outcome": replace(outcome, value=None).as_dict(),
            "result": returned and outcome.value is True,
            "cancelled": returned and outcome.value == "cancelled",
            "left": returned and outcome.value == "left",
            "same": bool(error and call.raised and error[0] is call.raised[-1]),
            "steps": call.steps,
            "stored": self.stored(call.guest),
            "held": connections_in_use(self.engine),
        }
        await close_all(self.session)
        return asked

    async def pauses(self, answer: Any, what: Any, times: int) -> Plain:
        """Let it give up so many times; return the pauses of each time, in seconds."""
        pauses: list[list[Any]] = []

        async def give_up() -> None:
            for _ in range(times):
                call = self.calling([what] * (PAUSED + TOO_MANY), PAUSED)
                with contextlib.suppress(Exception):
                    await call.run(answer)
                pauses.append(between(call.steps))

        outcome = await attempt(give_up, SECONDS)
        return {"outcome": replace(outcome, value=None).as_dict(), "seconds": pauses}

    async def clear(self) -> None:
        """Take back what the guests bought, and forget the sessions of earlier calls."""
        self.session.class_.unclosed.clear()
        async with self.engine.begin() as connection:
            await connection.execute(delete(Order).where(Order.guest_id.in_(self.guests)))
            await connection.execute(update(Show).values(sold=self.sold))


def count(steps: Iterable[Plain], what: str) -> int:
    """Return how many of the steps are of this kind."""
    return sum(step["step"] == what for step in steps)


def times(number: int) -> str:
    """Say how often something was done."""
    return {0: "in no attempt", 1: "once", 2: "twice"}.get(number, f"{number} times")


def between(steps: Iterable[Plain]) -> list[Any]:
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


def why_apart_badly(every: Sequence[Sequence[Any]]) -> str:
    """Say what is wrong with the pauses of many calls that gave up; nothing if nothing is."""
    if reason := why_no_seconds(every):
        return reason
    # How many attempts there are is not what this is about.
    if any(pauses and pauses[-1] for pauses in every):
        return "There was a pause after the last attempt: nothing comes after it but the error."
    return why_together([pauses[:-1] for pauses in every])


def why_unbounded(answer: str, attempts: int, asked: Plain) -> str:
    """Say how the bound was missed, with a work that is refused each time; nothing if it held."""
    works = count(asked["steps"], "work")
    which = f"With `attempts={attempts}` and a work that is refused each time, "
    if works != attempts:
        more = f"{works} times at least" if works > attempts + TOO_MANY else times(works)
        how = f", and {how_it_ended(answer, asked)}" if works < attempts else ""
        return f"{which}the work was done {more}{how}."
    if asked["outcome"]["ended"] != "raised" or not asked["same"]:
        how = how_it_ended(answer, asked)
        return f"{which}the error of the last attempt was to come out, that very one; {how}."
    return ""


def how_it_ended(answer: str, asked: Plain) -> str:
    """Say what the answer, by its name, did in the end."""
    if asked["left"]:
        return f"{answer} ended, and what it had begun went on, since nobody cancelled that"
    if asked["outcome"]["ended"] == "raised":
        return f"{answer} raised {asked['outcome']['error'].rstrip('.')}"
    return f"{answer} {asked['outcome']['ended']}"
