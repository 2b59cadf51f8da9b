"""An answer in every order of its steps at the database: what came of it, as plain data."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from itertools import groupby
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from course.checking.attempts import Outcome, attempt, guarded, interruption, plain
from course.checking.exercise import Broken, Plain
from lantern import draw_order, explore
from lantern.events import listening
from lantern.orders import DoesNotFit
from lantern.steps import LETTERS, Order, Step, table_of

Wrong = Callable[[Plain], Iterable[str]]  # yields what is wrong with an end

MOST_ORDERS = 300  # of one question; two guests of the course's own answers have two to ten
FEW_ORDERS = 8  # of one question on a PostgreSQL, where each takes longer
PATIENCE = 20.0  # seconds for all orders of one question
NAMES = ("Teo", "Ines", "Okoro")  # who takes the steps, in the messages and the pictures
WAITED_IN_MEMORY = (
    "In one process it holds, since one waits for the other in the program's memory: a lock, say. "
    "A theatre has two processes, and each has a lock of its own."
)


async def every_order(
    engine: AsyncEngine,
    *calls: Callable[[], Awaitable[Any]],
    before: Callable[[], Awaitable[object]],
    look: Callable[[], Awaitable[Any]],
    limit: int = MOST_ORDERS,
) -> Plain:
    """Run the calls in every order of their steps, and return all the ends that they come to.

    `before` is awaited before each order; `look` after it, and returns what is in the tables then.
    An end has the `outcomes` of the calls, what `look` saw as `left`, and of the plainest order
    that leads to it `steps` and `schedule`; `orders` says how many lead there. `all` if no order
    was left out but by a limit that was given.
    """
    seen: dict[int, Any] = {}

    async def remember(outcomes: tuple[Any, ...]) -> bool:
        seen[id(outcomes)] = plain(await look())
        return False  # which end is a wrong one is not for the observer to say

    async def search() -> Any:
        tasks = [lambda call=call: guarded(call) for call in calls]
        return await explore(engine, *tasks, before=before, invariant=remember, limit=limit)

    outcome = await attempt(search, PATIENCE)
    found = outcome.value if outcome.ended == "returned" else None
    ends: dict[str, Plain] = {}
    for order in found.broken if found else ():
        ended, left = [_ended(one) for one in order.outcomes], seen[id(order.outcomes)]
        steps = [asdict(step) | {"values": plain(step.values)} for step in order.steps]
        end = {"outcomes": ended, "left": left, "steps": steps, "schedule": order.schedule}
        ends.setdefault(repr((ended, left)), end | {"orders": 0})["orders"] += 1
    return {
        "search": replace(outcome, value=None).as_dict(),
        "all": bool(found and (found.exhausted or limit < MOST_ORDERS)),
        "in_memory": bool(found and found.in_memory),
        "ends": list(ends.values()),
    }


def _ended(outcome: Any) -> Plain:
    """Return how a call ended; the explorer says of some that they would never have."""
    if isinstance(outcome, BaseException):
        outcome = Outcome("never", error=str(outcome))
    ended: Plain = outcome.as_dict()
    return ended


def has_errors(explored: Plain) -> bool:
    """Tell whether a call did not return in one of the orders."""
    ends = (outcome["ended"] for end in explored["ends"] for outcome in end["outcomes"])
    return any(ended != "returned" for ended in ends)


@contextmanager
def a_process_each() -> Iterator[None]:
    """Let nobody wait for another one's lock or semaphore, as if each had a process of its own."""

    async def acquire(self: Any) -> bool:
        return True

    def release(self: Any) -> None:
        return None

    def locked(self: Any) -> bool:
        return False

    calls = {"acquire": acquire, "release": release, "locked": locked}
    kinds: tuple[Any, ...] = (asyncio.Lock, asyncio.Semaphore, asyncio.BoundedSemaphore)
    own = [(kind, name, vars(kind)[name]) for kind in kinds for name in calls if name in vars(kind)]
    try:
        for kind in kinds:
            for name, call in calls.items():
                setattr(kind, name, call)
        yield
    finally:
        for kind in kinds:
            for name in calls:
                delattr(kind, name)
        for kind, name, call in own:
            setattr(kind, name, call)


@contextmanager
def noting_locks(engine: AsyncEngine, seen: Plain) -> Iterator[None]:
    """Note in `seen["locks"]` whether a statement asks for rows with FOR UPDATE."""
    seen["locks"] = False

    def note(connection: Any, statement: Any, *_: Any) -> None:
        seen["locks"] |= getattr(statement, "_for_update_arg", None) is not None

    with listening((engine.sync_engine, "before_execute", note)):
        yield


def why_locked(end: Plain, letter: str, locks_rows: bool) -> str:
    """Say why SQLite told a call that the database is locked, if it did.

    `locks_rows`: it has asked for rows with FOR UPDATE.
    """
    # An autoflush tells its error elsewhere: the step has it.
    if not any("database is locked" in s["gave"] for s in end["steps"] if s["task"] == letter):
        return ""
    told = (
        " Who has looked in a transaction, and writes in it when another one is writing, or has "
        "committed since, is refused by SQLite at once: `database is locked`. Who has not looked "
        "waits, and is told so when nobody can make way: another session of its own, say."
    )
    if locks_rows:
        told += (
            " `with_for_update()`, with or without `skip_locked`, changes nothing about it: SQLite "
            "has no such SQL, and SQLAlchemy leaves it out."
        )
    return told


def why_not_explored(seen: Plain, name: str) -> str | None:
    """Say in a sentence why nothing was found, neither for the answer nor against it."""
    if DoesNotFit.__name__ in seen["search"]["error"]:
        return (
            f"{name} took other steps than before, in the same order and from the same tables: it "
            "keeps something in the program, draws lots, or asks the clock. What two processes "
            "share is the database alone."
        )
    if reason := interruption(seen["search"], name):
        return reason
    return None


def why_no_proof(seen: Plain, name: str) -> str | None:
    """Say in a sentence why the ends that were found may not be all."""
    if seen["all"]:
        return None
    return (
        f"{name} was run in {sum(end['orders'] for end in seen['ends'])} orders of its steps, and "
        "has more: its statements or transactions are too many, or it tries again without a bound."
    )


def broken_by(
    promise: str, told: str, end: Plain, names: tuple[str, ...] = NAMES, in_short: str = ""
) -> Broken:
    """Return what breaks a promise, and the plainest order that leads there, in words and drawn.

    `told` says what is wrong with its end, `in_short` what the picture has of it, its first
    sentence if nothing else; `names` are who takes the steps.
    """
    order = Order(
        tuple(Step(**step) for step in end["steps"]),
        tuple(end["outcomes"]),
        broken=in_short or first_sentence(told),
        schedule=end["schedule"],
    )
    picture = draw_order(order, "", names[: len(end["outcomes"])])
    words = f" It comes so in this order: {_in_words(order, names)}." if order.steps else ""
    return Broken(promise, f"{told}{words}", picture.html)


def judge_ends(
    promise: str, ends: Iterable[Plain], wrong: Wrong, why: Callable[[Plain], str]
) -> Iterator[Broken]:
    """Yield what breaks a promise in the first end with which something is wrong.

    `why` says before it how it comes to such an end.
    """
    for end in ends:
        for told in wrong(end):
            long = f"{why(end)} {told}"
            yield broken_by(promise, long, end, in_short=first_sentence(told))
            return


def judge_apart(apart: Plain, name: str, wrong: Wrong) -> Iterator[Broken]:
    """Judge what came of it as if each had a process of its own; `name` says so of the call."""
    if reason := why_not_explored(apart, name):
        yield Broken("processes", reason)
        return
    found = list(judge_ends("processes", apart["ends"], wrong, lambda _: WAITED_IN_MEMORY))
    yield from found
    if apart["in_memory"] and not found:
        yield Broken("processes", WAITED_IN_MEMORY)


def first_sentence(told: str) -> str:
    """Return the first sentence, or the part of it before a colon: what a picture has room for."""
    return re.split(r"[.:](?:\s|$)", told)[0] + "."


def _in_words(order: Order, names: tuple[str, ...]) -> str:
    turns = groupby(order.steps, key=lambda step: names[LETTERS.index(step.task) % len(names)])
    return "; ".join(f"{name} {', '.join(map(_in_a_word, steps))}" for name, steps in turns)


def _in_a_word(step: Step) -> str:
    """Say what a step is: the statement's first word and its table, and the error if it failed."""
    table = table_of(step.sql)
    word = step.sql.split(maxsplit=1)[0] if step.sql else "begins"
    failed = f" ({step.gave.rpartition('Error: ')[2]})" if "Error: " in step.gave else ""
    return f"{word} {table}{failed}" if table else f"{word}{failed}"
