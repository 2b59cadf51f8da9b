"""What is seen of notes and their rows while they are touched, for ch03-ex3."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

from sqlalchemy import event, inspect, select, update
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from sqlalchemy.util import await_

from course.checking.attempts import Outcome, attempt, describe, guarded, plain
from course.checking.patience import until_idle
from course.checks.ch03_async_sessionmaker.kept import class_of, is_writing, theatre
from course.checks.ch03_async_sessionmaker.touch_again import (
    Desk,
    touched_again,
)
from lantern import explore
from lantern.events import listening

CLOCKS = ("current_timestamp", "datetime", "strftime")  # SQLite's functions that tell the time
SOME_ORDERS = 8  # of two who read at once on a PostgreSQL, where each takes longer
MEANWHILE = 1.0  # seconds; an other reading that is locked out for longer is not waited for
Reading = Callable[[], Awaitable[Outcome]]


@dataclass(frozen=True)
class Notes:
    """Notes by their ids: their texts, how often each was read, when dated; and what is read."""

    texts: dict[int, str]
    reads: dict[int, int]
    stamps: dict[int, datetime]
    touched: int
    opening: datetime  # what the clock of the database says at first


def draw_touch(random: Random) -> Notes:
    """Draw five notes that have been read a few times, one of which is read once more.

    Another one has the same text, and one a later date, from a clock that was wrong.
    """
    ids = random.sample(range(100, 1_000), 5)
    counts = random.sample(range(3, 80), 5)
    opening = datetime(2027, 3, 1, 19, 30, random.randint(1, 59))
    opening += timedelta(days=random.randint(0, 300))
    stamps = [opening - timedelta(hours=hours) for hours in random.sample(range(1, 900), 5)]
    touched, twin, late = random.sample(range(5), 3)
    stamps[late] += timedelta(days=1_000)
    texts = [f"Door {number} sticks." for number in ids]
    texts[twin] = texts[touched]
    return Notes(
        texts=dict(zip(ids, texts, strict=True)),
        reads=dict(zip(ids, counts, strict=True)),
        stamps=dict(zip(ids, stamps, strict=True)),
        touched=ids[touched],
        opening=opening,
    )


def set_the_clock(engine: AsyncEngine, opening: datetime) -> list[str]:
    """Let the database's clock go on by a minute each time it is asked: no real clock.

    Returns the list of the moments that it told. Also an expression in a trigger, or in a default
    of the table, asks this clock.
    """
    told: list[str] = []

    def tell(*_: Any) -> str:
        told.append(str(opening + timedelta(minutes=len(told) + 1)))
        return told[-1]

    def set_clock(connection: Any, record: Any) -> None:
        for name in CLOCKS:
            connection.create_function(name, -1, tell)

    event.listen(engine.sync_engine, "connect", set_clock)
    return told


@contextmanager
def noting_the_clock(engine: AsyncEngine) -> Iterator[list[str]]:
    """Yield what PostgreSQL's clock says in each transaction that writes: there it stands still.

    To the microsecond: no other clock is likely to have said the same.
    """
    told: list[str] = []

    def ask(connection: Any, _: Any, statement: str, *__: Any) -> None:
        if is_writing(statement):
            cursor = connection.connection.cursor()
            cursor.execute("SELECT LOCALTIMESTAMP, CURRENT_TIMESTAMP")
            told.extend(map(str, cursor.fetchone()))
            cursor.close()

    with listening((engine.sync_engine, "before_cursor_execute", ask)):
        yield told


async def observe_touch(case: Notes, note: Any, touch: Any) -> dict[str, Any]:
    """Let somebody read a note, and another two at once; look at the rows after each."""
    # As shipped, the hidden read fails with the message that the learner meets elsewhere.
    async with theatre(as_shipped=True) as (engine, factory):
        told = set_the_clock(engine, case.opening)
        try:
            await _fill(case, engine, factory, note)
            read_once = _reading(case, factory, touch, attempt)
            seen = await _touched(case, engine, factory, note, read_once, told)
            return seen | await _touched_twice(case, engine, note, read_once)
        except Exception as error:
            return {"table": describe(error)}


async def observe_all(case: Notes, note: Any, touch: Any) -> dict[str, Any]:
    """Observe that, and what becomes of a session that touches more than once."""
    seen = await observe_touch(case, note, touch)
    if "table" in seen or seen["touch"]["ended"] != "returned":
        return seen
    async with theatre(as_shipped=True) as (engine, factory):
        told = set_the_clock(engine, case.opening)
        again = await touched_again(Desk(engine, factory, told, note, touch, sorted(case.texts)))
        return seen | {"again": again}


async def observe_touch_elsewhere(case: Notes, note: Any, touch: Any, url: str) -> dict[str, Any]:
    """Let somebody read a note on a PostgreSQL, and another two in some orders of their steps."""
    begun, runs = [], []
    async with theatre(url=url) as (engine, factory):
        try:
            await _fill(case, engine, factory, note)
            with noting_the_clock(engine) as told:
                # A server on a busy machine takes its time: only the whole of it has a limit.
                read_once = _reading(case, factory, touch, guarded)
                seen = await _touched(case, engine, factory, note, read_once, told)
        except Exception as error:
            return {"table": describe(error)}

        async def reads() -> int:
            return int((await _rows(engine, note))[str(case.touched)]["reads"])

        async def begin() -> None:
            begun.append(await reads())

        async def end(outcomes: Sequence[Any]) -> None:
            # Who waits for ever has no outcome.
            both = [one for one in outcomes if isinstance(one, Outcome)]
            runs.append(_both(begun[-1], both, await reads()))

        await explore(engine, read_once, read_once, before=begin, invariant=end, limit=SOME_ORDERS)
    return seen | min(runs, key=lambda run: run["after both"] - run["before both"])


async def _fill(case: Notes, engine: AsyncEngine, factory: Any, note: Any) -> None:
    async with engine.begin() as connection:
        await connection.run_sync(note.metadata.create_all)
    async with factory.begin() as session:
        # The database writes these times itself: a model whose default was changed may not.
        session.add_all(
            note(id=number, text=text, reads=case.reads[number], updated=case.stamps[number])
            for number, text in case.texts.items()
        )


def _reading(case: Notes, factory: Any, touch: Any, outcome_of: Any) -> Reading:
    async def read_once() -> Outcome:
        async with factory() as session:
            outcome: Outcome = await outcome_of(lambda: touch(session, case.touched))
            return outcome

    return read_once


async def _touched(
    case: Notes, engine: AsyncEngine, factory: Any, note: Any, read_once: Reading, told: list[str]
) -> dict[str, Any]:
    outcome = await read_once()
    by_touch, rows = list(told), await _rows(engine, note)
    elsewhere = await _updated_elsewhere(factory, note, case.touched)
    later = (await _rows(engine, note))[str(case.touched)]
    return {
        "touch": {**outcome.as_dict(), "value": _moment(outcome.value)},
        "kind": class_of(outcome.value),
        "rows": rows,
        "by the database": rows[str(case.touched)]["updated"] in by_touch,
        "still stamped": later["updated"] in told[len(by_touch) :],
        "model asks": elsewhere,
    }


async def _touched_twice(
    case: Notes, engine: AsyncEngine, note: Any, read_once: Reading
) -> dict[str, Any]:
    before = (await _rows(engine, note))[str(case.touched)]["reads"]
    with another_before_the_first_write(engine, read_once) as other:
        both = [await read_once()]
    both += [await one for one in other]
    return _both(before, both, (await _rows(engine, note))[str(case.touched)]["reads"])


def _both(before: int, both: Iterable[Outcome], after: int) -> dict[str, Any]:
    return {"before both": before, "both": [one.ended for one in both], "after both": after}


async def _updated_elsewhere(factory: Any, note: Any, number: int) -> bool:
    """Update a note, touch having no part in it; tell whether its date needs no more loading."""
    async with factory.begin() as session:
        found = await session.get(note, number)
        found.text = "It closes again."
        await session.flush()
        # An attribute that was neither loaded nor expired may be out of date: a trigger's is.
        table = note.__table__.c
        stored = await session.scalar(select(table.updated).where(table.id == number))
        asks = bool(inspect(found).dict.get("updated") == stored)
        await session.execute(update(note).where(note.id == number).values(text="Or does it?"))
    return asks


@contextmanager
def another_before_the_first_write(
    engine: AsyncEngine, read_once: Reading
) -> Iterator[list[asyncio.Task[Outcome]]]:
    """Let another reading, in a session of its own, go right before the next write.

    Where the first one has locked it out, it goes on in its own time. Yields its tasks.
    """
    others: list[asyncio.Task[Outcome]] = []

    async def meanwhile() -> None:
        others.append(asyncio.ensure_future(read_once()))
        rest = asyncio.ensure_future(until_idle(MEANWHILE))
        await asyncio.wait({*others, rest}, return_when=asyncio.FIRST_COMPLETED)
        rest.cancel()

    def before(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        # SQLAlchemy calls this inside its greenlet, so that it may wait.
        if not others and is_writing(statement):
            await_(meanwhile())

    with listening((engine.sync_engine, "before_cursor_execute", before)):
        yield others


async def _rows(engine: AsyncEngine, note: Any) -> dict[str, dict[str, Any]]:
    """Return text, reads and date of every note, as another session sees them."""
    columns = note.__table__.c
    async with AsyncSession(engine) as session:
        rows = await session.execute(select(columns))
        return {
            str(one.id): {"text": one.text, "reads": one.reads, "updated": _moment(one.updated)}
            for one in rows
        }


def _moment(value: Any) -> str:
    return str(value if isinstance(value, datetime) else plain(value))
