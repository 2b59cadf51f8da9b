"""Several who come at once, for ch06-ex2 and ch06-ex5, and all the ways to ask them."""

import inspect
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import nullcontext
from typing import Any, ClassVar

from sqlalchemy import MetaData
from sqlalchemy import inspect as inspect_object
from sqlalchemy.ext.asyncio import AsyncEngine

from course.checking.attempts import interruption
from course.checking.exercise import Broken, Finding, Plain, Unseen
from course.checks.ch06_overselling.every_order import (
    MOST_ORDERS,
    Wrong,
    a_process_each,
    every_order,
    has_errors,
    judge_apart,
    judge_ends,
    why_not_explored,
)
from course.checks.ch06_overselling.meanwhile import Call, Meanwhile, on_postgresql
from course.checks.sessions import beside, close_all, kept_factories
from lantern.theatre import make_engine

Questions = Mapping[str, tuple[Any, ...]]  # of each: how many come at once, and how it is before


def calling(call: Callable[[], Any], told: Callable[[Any], Any] = lambda value: value) -> Call:
    """Return what calls an answer, and then says what `told` has to say of its result."""

    async def read(result: Awaitable[Any]) -> Any:
        return told(await result)

    def called() -> Any:
        result = call()
        return read(result) if inspect.isawaitable(result) else result

    return called


def id_of(row: Any) -> int | None:
    """Return the id of an object whose row is stored."""
    identity = inspect_object(row).identity
    return identity[0] if identity else None


class Scene:
    """The tables of a case, before a question and after it: what stands there, subclasses say.

    `between` are the questions that are asked as on PostgreSQL, and `keys` is for Meanwhile.
    """

    tables: ClassVar[MetaData]
    questions: ClassVar[Questions]
    between: ClassVar[Questions]
    keys: ClassVar[dict[str, str]] = {}

    def __init__(self, case: Any, engine: AsyncEngine, answer: Any) -> None:
        self.case, self.engine, self.answer = case, engine, answer
        self.session, _ = kept_factories(engine)
        self.aside = beside(engine)
        self.tables.create_all(self.aside)
        self.question = next(iter(self.questions.values()))

    async def before(self) -> None:
        """Let all be as it is before the question."""
        raise NotImplementedError

    async def look(self) -> Plain:
        """Return what is in the tables."""
        raise NotImplementedError

    def calls(self) -> list[Call]:
        """Return the calls of those who come at once."""
        raise NotImplementedError

    async def begin(self) -> None:
        """Forget the sessions of the last run."""
        await close_all(self.session)
        self.session.class_.unclosed.clear()

    async def close(self) -> None:
        await close_all(self.session)
        self.aside.dispose()
        await self.engine.dispose()

    async def explored(self, name: str, limit: int = MOST_ORDERS) -> Plain:
        """Ask a question in every order of the steps."""
        self.question = self.questions[name]
        around = {"before": self.before, "look": self.look}
        try:
            return await every_order(self.engine, *self.calls(), **around, limit=limit)
        finally:
            await close_all(self.session)

    async def observe(self, seen: Plain) -> None:
        """Ask all questions, then as if each had a process, then as PostgreSQL would have it."""
        apart = False
        for name in self.questions:
            seen[name] = await self.explored(name)
            apart = seen[name]["in_memory"]
            if apart:
                with a_process_each():
                    seen["apart"] = [name, await self.explored(name)]
                break
            if not seen[name]["all"] or has_errors(seen[name]):
                return
        another = type(self)(self.case, make_engine(pool_size=10), self.answer)
        try:
            with a_process_each() if apart else nullcontext():
                seen["meanwhile"] = {name: await another.meanwhile(name) for name in self.between}
        finally:
            await another.close()

    async def meanwhile(self, name: str) -> list[Plain]:
        """Let another one come between the steps of one."""
        self.question = self.between[name]
        await self.before()
        first, second = self.calls()
        both = Meanwhile(self.engine, first, second, self.keys)
        return await both.ends(before=self.begin, look=self.look)


def why_nothing(scene: type[Scene], seen: Plain, answer: str) -> str | None:
    """Say why nothing was found, neither for an answer nor against it."""
    for name, (count, *_) in scene.questions.items():
        if name not in seen:
            return None
        if reason := why_not_explored(seen[name], answer):
            return reason
        only = seen[name]["ends"][0]["outcomes"][0]
        if count == 1 and (reason := interruption(only, answer)):
            return reason
    return None


def judge_beyond(
    scene: type[Scene],
    seen: Plain,
    here: list[Broken],
    alone: str,
    told: Callable[[Any, bool], Wrong],
) -> Iterator[Finding]:
    """Judge what came of it in processes and on PostgreSQL, after what was broken `here`.

    `alone` says of the call that it had a process; `told` gives what says what is wrong with an
    end, for a question, and whether rows were locked.
    """
    if "apart" in seen and here:
        yield Unseen("processes")
    elif "apart" in seen:
        name, apart = seen["apart"]
        here = list(judge_apart(apart, alone, told(scene.questions[name], seen["locks"])))
        yield from here
    if "meanwhile" not in seen or here:
        yield Unseen("postgresql")
        return
    for name, question in scene.between.items():
        ends = seen["meanwhile"][name]
        yield from judge_ends("postgresql", ends, told(question, False), on_postgresql)
