"""What becomes of ch03-ex3 in a session that is used before and after, and beside an error."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from course.checking.attempts import attempt, describe, interruption
from course.checking.exercise import Broken
from course.checks.ch03_async_sessionmaker.kept import refused
from lantern.events import listening

READS = (0, 0, 0, 137, 137)  # of the notes, in the order of their ids
KNOWN, NEXT = 2, 3  # the places of the notes that are touched; others have as many reads
LONG_AGO = datetime(2026, 3, 1, 19, 30)


@dataclass(frozen=True)
class Desk:
    """A database with five notes, of which `ids` says the order, and the clock's moments so far."""

    engine: AsyncEngine
    factory: Any
    told: list[str]
    note: Any
    touch: Any
    ids: Sequence[int]

    async def rows(self) -> dict[int, tuple[int, str]]:
        """Return reads and date of every note, as another connection sees them."""
        columns = self.note.__table__.c
        async with self.engine.connect() as connection:
            found = await connection.execute(select(columns.id, columns.reads, columns.updated))
            return {number: (reads, str(updated)) for number, reads, updated in found}

    async def touched(self, session: Any, number: int) -> dict[str, Any]:
        """Touch a note; return how it ended, and which notes have how many more reads."""
        before, commits = await self.rows(), 0

        def count(_: Any) -> None:
            nonlocal commits
            commits += 1

        with listening((self.engine.sync_engine, "commit", count)):
            outcome = await attempt(lambda: self.touch(session, number))
        after = await self.rows()
        return {
            **outcome.as_dict(),
            "value": str(outcome.value),
            "stored": after[number][1],
            "before": before[number][1],
            "more": [[n, after[n][0] - before[n][0]] for n in after if after[n][0] != before[n][0]],
            "commits": commits,
        }


async def touched_again(desk: Desk) -> dict[str, Any]:
    """Touch a note that the session knows, and another; one in vain, one after that; write."""
    known, next_one = desk.ids[KNOWN], desk.ids[NEXT]
    async with desk.engine.begin() as connection:
        await connection.run_sync(desk.note.metadata.create_all)
    notes = zip(desk.ids, READS, strict=True)
    async with desk.factory.begin() as session:
        session.add_all(
            desk.note(id=one, text="Lights out.", reads=reads, updated=LONG_AGO)
            for one, reads in notes
        )
    seen: dict[str, Any] = {}
    try:
        async with desk.factory() as session:
            kept = await session.get(desk.note, known)
            await session.commit()
            seen["known"] = await desk.touched(session, known)
            await session.commit()
            seen["next"] = await desk.touched(session, next_one)
            del kept  # until here the session knew it
        async with desk.factory() as session:
            with refused(desk.engine, first_write=True):
                seen["refused"] = await desk.touched(session, known)
        async with desk.factory() as session:
            seen["later"] = await desk.touched(session, known)
    except Exception as error:
        return seen | {"left": describe(error)}
    return seen | {"undated": [way async for way in _undated(desk)]}


async def _undated(desk: Desk) -> Any:
    """Yield each way of writing, elsewhere in the program, after which a note has no new date."""
    one, other = desk.ids[0], desk.ids[-1]
    table = desk.note.__table__

    async def flush(session: Any) -> None:
        (await session.get(desk.note, one)).text = "A flush."

    async def flush_two(session: Any) -> None:
        for number in (one, other):
            (await session.get(desk.note, number)).text = "A flush of two."

    async def of_the_model(session: Any) -> None:
        await session.execute(update(desk.note).where(desk.note.id == one).values(text="The model"))

    async def of_the_table(session: Any) -> None:
        await session.execute(update(table).where(table.c.id == one).values(reads=0))

    async def a_new_one(session: Any) -> None:
        await session.execute(insert(desk.note), {"text": "A new one."})

    for way, write in (
        ("a flush", flush),
        ("a flush of two notes", flush_two),
        ("update(Note)", of_the_model),
        ("update(Note.__table__)", of_the_table),
        ("a new note", a_new_one),
    ):
        asked, before = len(desk.told), await desk.rows()
        try:
            async with desk.factory.begin() as session:
                await write(session)
        except Exception as error:
            yield f"{way}: it raises {describe(error)}"
            continue
        after = await desk.rows()
        written = {one, other} if write is flush_two else after.keys() - before.keys() or {one}
        if any(after[number][1] not in desk.told[asked:] for number in written):
            yield f"{way}: no new moment of the database's clock stands in the row"
        elif write is a_new_one and (reads := after[max(written)][0]) != 0:
            yield f"{way}: it begins with {reads} reads in place of 0"


def judge_touched_again(ids: Sequence[int], again: dict[str, Any]) -> Iterable[Broken]:
    """Judge what touched_again saw of an answer that is right otherwise."""
    known, next_one = ids[KNOWN], ids[NEXT]
    for name, number, when in (
        ("known", known, "The session had loaded this note before. "),
        ("next", next_one, "The session had touched another note before. "),
        ("later", known, "Another touch had met an error of the database before. "),
    ):
        if one := again.get(name):
            if reason := interruption(one, "touch"):
                yield Broken("told" if name == "known" else "counted", f"{when}{reason}")
                return
            if problem := _why_not_counted(number, one):
                yield Broken("counted", f"{when}{problem}")
                return
            if one["value"] != one["stored"]:
                old = ", the time from before the update" * (one["value"] == one["before"])
                yield Broken(
                    "told",
                    f"{when}touch returned {one['value']}{old}; {one['stored']} stands in the "
                    "table. Ask for the value that the database wrote.",
                )
                return
    if left := again.get("left"):
        yield Broken(
            "told", f"After touch its session could not be used any more: {left.rstrip('.')}."
        )
    refused = again.get("refused")
    if refused and refused["ended"] == "returned" and refused["more"] != [[known, 1]]:
        yield Broken(
            "counted",
            "The database refused to write, with an OperationalError, and touch returned all the "
            "same, without having counted. Let the error out.",
        )
    if ways := again.get("undated"):
        yield Broken("stamped", f"Elsewhere in the program, {ways[0]}.")


def _why_not_counted(number: int, one: dict[str, Any]) -> str | None:
    if others := [other for other, _ in one["more"] if other != number]:
        return f"touch(session, {number}) also changed note {others[0]}."
    if one["more"] != [[number, 1]]:
        more = dict(one["more"]).get(number, 0)
        return f"touch(session, {number}) raised its reads by {more} where 1 is due."
    if not one["commits"]:
        return (
            "touch ended without a COMMIT, and the reading is stored all the same. Either a "
            "savepoint that no transaction surrounds stored what it held, as on SQLite as shipped, "
            "and where one has begun it would be lost; or each statement commits by itself, in "
            "AUTOCOMMIT."
        )
    return None
