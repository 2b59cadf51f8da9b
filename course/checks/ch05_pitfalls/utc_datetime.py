"""ch05-ex4: a point in time comes back from SQLite as the point in time that it was."""

import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from itertools import pairwise
from random import Random
from typing import Any

from sqlalchemy import Column, Integer, MetaData, Table, func, select
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from sqlalchemy.orm import registry

from course.checking.attempts import Outcome, attempt, attempt_sync, describe, interruption
from course.checking.exercise import Broken, Elsewhere, Exercise, Finding, Nothing
from course.checks.machine import EAST, clock_in
from lantern.theatre import make_engine

OFFSETS = (780, 345, 120, 60, 0, -210, -300, -570)  # minutes east of UTC, the largest first
SUN = timedelta(hours=1, minutes=5, seconds=21)
NATIVE = "TIMESTAMP WITH TIME ZONE"


class ClockGoesBack(tzinfo):
    """A zone in the night in which its clock goes back: the hour comes twice, told by `fold`.

    It is made by hand, since a browser's Python may have no list of time zones.
    """

    def utcoffset(self, moment: datetime | None) -> timedelta:
        return timedelta(hours=1 if moment is not None and moment.fold else 2)

    def dst(self, moment: datetime | None) -> timedelta:
        return self.utcoffset(moment) - timedelta(hours=1)

    def tzname(self, moment: datetime | None) -> str:
        return "winter" if moment is not None and moment.fold else "summer"


@dataclass(frozen=True)
class Case:
    """Moments by the ids of their rows, in the order in which they are stored.

    `probe` is one of them, told in another offset; `naive` has none. `elsewhere` is what another
    database's driver is given, and gives.
    """

    moments: dict[int, datetime]
    probe: datetime
    naive: datetime
    elsewhere: datetime

    def by_moment(self) -> list[int]:
        """Return the ids, the earliest first."""
        return sorted(self.moments, key=lambda number: self.moments[number].astimezone(UTC))

    def before_probe(self) -> list[int]:
        """Return the ids of what came before the probe, in their order."""
        before = self.probe.astimezone(UTC)
        return sorted(n for n, one in self.moments.items() if one.astimezone(UTC) < before)

    def at_probe(self) -> int:
        """Return the id of the moment that the probe is."""
        at = self.probe.astimezone(UTC)
        return next(n for n, one in self.moments.items() if one.astimezone(UTC) == at)


def draw(random: Random) -> Case:
    """Draw moments whose clocks and whose order disagree: around midnight, and twice told hours."""
    midnight = datetime(random.randrange(2025, 2035), random.randrange(1, 13), 15, tzinfo=UTC)
    moment = midnight - timedelta(minutes=random.randrange(60, 100))
    moments = []
    # What is later has the smaller offset, so its clock shows the earlier time.
    for offset in OFFSETS:
        moment += timedelta(minutes=random.randrange(11, 30), microseconds=random.randrange(999))
        moments.append(moment.astimezone(timezone(timedelta(minutes=offset))))
    moments.append(moments[4].replace(microsecond=0))
    moments.append(moments[2] + timedelta(microseconds=1))
    night = (midnight + timedelta(days=3)).replace(
        hour=2, minute=random.randrange(60), tzinfo=ClockGoesBack()
    )
    moments += [night, night.replace(fold=1)]
    # Before any epoch, on the clock of a town by its own sun, and further off than a float counts.
    for century, zone in ((1800, timezone(SUN)), (4000, timezone(-SUN))):
        month, day = random.randrange(1, 13), random.randrange(1, 29)
        far = datetime(century + random.randrange(99), month, day, 23, 59, 59, tzinfo=UTC)
        far += timedelta(microseconds=random.randrange(1, 999_999, 2))
        moments.append(far.astimezone(zone))
    probe = random.choice(moments[1:7]).astimezone(timezone(timedelta(hours=-8)))
    random.shuffle(moments)
    ids = random.sample(range(100, 1000), len(moments))
    east = timezone(timedelta(hours=random.choice((3, 5, 9))))
    return Case(
        moments=dict(zip(ids, moments, strict=True)),
        probe=probe,
        naive=midnight.replace(tzinfo=None) + timedelta(minutes=random.randrange(60, 600)),
        elsewhere=(midnight + timedelta(seconds=random.randrange(9000))).astimezone(east),
    )


async def observe(case: Case, type_: Any, url: str = "") -> dict[str, Any]:
    """Store moments in a column of the answer's type, read them, and ask SQL about them.

    Each question has a table of its own, so that what one spoils is not blamed on another.
    """
    with warnings.catch_warnings(record=True) as told, clock_in(EAST):
        warnings.simplefilter("always")
        made = attempt_sync(lambda: _entry("entries", type_))
        if made.ended != "returned":
            return {"made": made.as_dict() | {"value": None}}
        entry, nothing, refused = made.value, _entry("blank", type_), _entry("refused", type_)
        engine = make_engine(url or None)
        try:
            stored = await attempt(lambda: _stored(engine, entry, case.moments))
            ordered = await attempt(lambda: _ids(engine, _sorted(entry)))
            before = await attempt(lambda: _ids(engine, _where(entry, entry.at < case.probe)))
            equal = await attempt(lambda: _ids(engine, _where(entry, entry.at == case.probe)))
            none = await attempt(lambda: _stored(engine, nothing, {7: None}))
            naive = await attempt(lambda: _naive(engine, refused, case.naive))
            seen = {
                "made": made.as_dict() | {"value": None},
                "stored": _seen(stored),
                "sorted": _seen(ordered),
                "before": _seen(before),
                "equal": _seen(equal),
                "nothing": _seen(none),
                "refused": _seen(naive),
                "elsewhere": _seen(attempt_sync(lambda: _elsewhere(entry, case.elsewhere))),
                "cached": _where(entry, entry.at < case.probe)._generate_cache_key() is not None,
            }
        finally:
            await engine.dispose()
    seen["uncached"] = any("will not produce a cache key" in str(one.message) for one in told)
    return seen


def _seen(outcome: Outcome) -> dict[str, Any]:
    """Return how a question ended, and what was seen; an answer itself returns nothing to us."""
    told = outcome.as_dict()
    saw = told["value"] if outcome.ended == "returned" else None
    return {**told, "value": None if saw is not None else told["value"], "saw": saw}


def _entry(name: str, type_: Any) -> Any:
    """Return a mapped class whose column `at` has this type."""
    columns = Column("id", Integer, primary_key=True), Column("at", type_, nullable=True)
    made = type("Entry", (), {})
    registry().map_imperatively(made, Table(name, MetaData(), *columns))
    return made


def _sorted(entry: Any) -> Any:
    return select(entry.id).order_by(entry.at)


def _where(entry: Any, condition: Any) -> Any:
    return select(entry.id).where(condition).order_by(entry.id)


async def _ids(engine: AsyncEngine, statement: Any) -> list[int]:
    async with engine.connect() as connection:
        return list((await connection.scalars(statement)).all())


async def _create(engine: AsyncEngine, entry: Any) -> None:
    async with engine.begin() as connection:
        await connection.run_sync(entry.__table__.metadata.create_all)


async def _add(engine: AsyncEngine, entry: Any, number: int, at: datetime | None) -> None:
    one = entry()
    one.id, one.at = number, at
    async with AsyncSession(engine) as session:
        session.add(one)
        await session.commit()


async def _stored(
    engine: AsyncEngine, entry: Any, moments: dict[int, Any]
) -> dict[str, dict[str, str]]:
    """Store moments, and return what is read, by id."""
    await _create(engine, entry)
    for number, at in moments.items():
        await _add(engine, entry, number, at)
    async with AsyncSession(engine) as session:
        found = (await session.scalars(select(entry).order_by(entry.id))).all()
        return {str(one.id): _told(one.at) for one in found}


async def _naive(engine: AsyncEngine, entry: Any, at: datetime) -> dict[str, Any]:
    """Store a naive value; return the error, which kind it is of, and how many rows there are."""
    await _create(engine, entry)
    error = None
    try:
        await _add(engine, entry, 1, at)
    except Exception as raised:
        error = raised
    async with engine.connect() as connection:
        rows = await connection.scalar(select(func.count()).select_from(entry.__table__))
    # SQLAlchemy wraps what is raised while a statement is made ready.
    cause = getattr(error, "orig", None) or error
    return {
        "error": describe(cause) if cause else "",
        "fits": isinstance(cause, ValueError | TypeError),
        "rows": rows,
    }


def _elsewhere(entry: Any, moment: datetime) -> dict[str, Any]:
    """Return the type in PostgreSQL's DDL, what its driver is given, and what is made of it."""
    dialect, type_ = make_url("postgresql://").get_dialect()(), entry.__table__.c.at.type
    if (ddl := type_.compile(dialect=dialect)) != NATIVE:
        return {"ddl": ddl}
    here = type_.dialect_impl(dialect)
    bind, result = here.bind_processor(dialect), here.result_processor(dialect, None)
    return {
        "ddl": ddl,
        "bound": _told(bind(moment) if bind else moment),
        "read": _told(result(moment) if result else moment),
    }


def _told(value: Any) -> dict[str, str]:
    """Return the kind of a value, how it reads, and for an aware one its moment in UTC."""
    if not isinstance(value, datetime):
        return {"kind": type(value).__name__, "text": str(value), "moment": ""}
    if value.utcoffset() is None:
        return {"kind": "naive", "text": _text(value), "moment": ""}
    return {"kind": "aware", "text": _text(value), "moment": _text(value.astimezone(UTC))}


def _text(moment: datetime) -> str:
    return moment.isoformat(" ")


def judge(case: Case, seen: dict[str, Any]) -> Iterable[Finding]:
    """Say which promises were not kept, and what was observed."""
    if reason := interruption(seen["made"], "A table with a column of type UTCDateTime"):
        yield Nothing(reason)
        return
    if reason := interruption(seen["stored"], "Storing aware values and reading them"):
        yield Nothing(reason)
        return
    yield from _judge_moment(case, seen["stored"]["saw"])
    yield from _judge_refused(case, seen["refused"])
    yield from _judge_order(case, seen)
    yield from _judge_none(seen["nothing"])
    yield from _judge_native(case, seen["elsewhere"])
    yield from _judge_cached(seen)


def _judge_moment(case: Case, stored: dict[str, dict[str, str]]) -> Iterator[Broken]:
    # Around midnight first: there the mistake is a day. Then those of another year.
    for number in sorted(case.by_moment(), key=lambda n: case.moments[n].year != case.naive.year):
        given, came = case.moments[number], stored.get(str(number))
        if came is None:
            yield Broken("moment", f"{_text(given)} was stored, and no row with its id came back.")
            return
        if came["moment"] != _text(given.astimezone(UTC)):
            yield Broken("moment", _why_another(given, came))
            return


def _why_another(given: datetime, came: dict[str, str]) -> str:
    if came["kind"] == "naive":
        return (
            f"{_text(given)} was stored, and {came['text']} came back, without an offset. SQLite "
            "keeps none: what is read has to be given the one that it was stored in."
        )
    if came["kind"] != "aware":
        return f"{_text(given)} was stored, and a {came['kind']} came back: {came['text']}."
    told = f"{_text(given)} was stored, and {came['text']} came back: another moment."
    read = datetime.fromisoformat(came["text"])
    if read.replace(tzinfo=None) == given.replace(tzinfo=None):
        day = given.astimezone(UTC).date() != read.astimezone(UTC).date()
        return (
            f"{told} The clock's time is the same and the offset is another, so it is "
            f"{'even another day in UTC' if day else 'hours away'}. `replace` puts another zone "
            "on the same clock; `astimezone` tells the same moment on another one."
        )
    if abs(read - given.astimezone(UTC)) < timedelta(seconds=1):
        return f"{told} It is less than a second away: what became of its microseconds?"
    return told


def _judge_refused(case: Case, refused: dict[str, Any]) -> Iterator[Broken]:
    if reason := interruption(refused, f"Storing {_text(case.naive)}, which has no offset,"):
        yield Broken("refused", reason)
        return
    seen = refused["saw"]
    told = f"{_text(case.naive)} has no offset, and"
    if seen["rows"]:
        yield Broken(
            "refused",
            f"{told} a row was stored for it. Which moment is it? Raise a ValueError.",
        )
    elif not seen["fits"]:
        yield Broken(
            "refused",
            f"{told} what it met is {seen['error']}. A ValueError or a TypeError that "
            "says what is missing is due, on purpose; an `assert` is gone under `python -O`.",
        )


def _judge_order(case: Case, seen: dict[str, Any]) -> Iterator[Broken]:
    for name, what in (("sorted", "ORDER BY"), ("before", "WHERE … <"), ("equal", "WHERE … ==")):
        if reason := interruption(seen[name], f"A SELECT with {what}"):
            yield Broken("order", reason)
            return
    stored, ordered = case.moments, seen["sorted"]["saw"]
    if ordered != case.by_moment():
        for first, second in pairwise(ordered):
            if stored[first].astimezone(UTC) > stored[second].astimezone(UTC):
                yield Broken(
                    "order",
                    f"ORDER BY put {_text(stored[first])} before {_text(stored[second])}, which is "
                    "the earlier moment. What is stored has to sort by moment: one offset for all.",
                )
                return
    if seen["before"]["saw"] != case.before_probe():
        yield Broken(
            "order",
            f"WHERE at < {_text(case.probe)} found {len(seen['before']['saw'])} rows; "
            f"{len(case.before_probe())} are before that moment. What a column is compared with "
            "has to be told in the same way as what is stored.",
        )
    elif seen["equal"]["saw"] != [case.at_probe()]:
        yield Broken(
            "order",
            f"WHERE at == {_text(case.probe)} found {len(seen['equal']['saw'])} rows; due is the "
            "one of that moment, which was stored with another offset.",
        )


def _judge_none(nothing: dict[str, Any]) -> Iterator[Broken]:
    if reason := interruption(nothing, "Storing and reading None"):
        yield Broken("none", f"{reason} A column that may be NULL hands None in, and out.")
    elif (came := nothing["saw"].get("7")) != _told(None):
        text = came["text"] if came else "no row"
        yield Broken("none", f"None was stored, and {text} came back.")


def _judge_native(case: Case, elsewhere: dict[str, Any]) -> Iterator[Broken]:
    if reason := interruption(elsewhere, "Asked what it is on PostgreSQL, UTCDateTime"):
        yield Broken("native", reason)
        return
    seen, moment = elsewhere["saw"], _text(case.elsewhere.astimezone(UTC))
    if seen["ddl"] != NATIVE:
        yield Broken(
            "native",
            f"On PostgreSQL the column would be {seen['ddl']}; its own type for a moment is "
            f"{NATIVE}, which SQLAlchemy calls DateTime(timezone=True).",
        )
    elif seen["bound"]["moment"] != moment:
        yield Broken(
            "native",
            f"PostgreSQL's driver would be given {seen['bound']['text']} for "
            f"{_text(case.elsewhere)}. Its column keeps moments by itself: give it an aware value, "
            "and not one that has lost its offset.",
        )
    elif seen["read"]["moment"] != moment:
        yield Broken(
            "native",
            f"PostgreSQL's driver gives aware values, in whatever offset it likes: of "
            f"{_text(case.elsewhere)} was made {seen['read']['text']}. Only a value without an "
            "offset needs to be given one.",
        )


def _judge_cached(seen: dict[str, Any]) -> Iterator[Broken]:
    if seen["uncached"]:
        yield Broken(
            "cached",
            "SQLAlchemy warns that a statement with this type has no cache key: it cannot know "
            "whether two of the type are alike. `cache_ok` is where you tell it.",
        )
    elif not seen["cached"]:
        yield Broken(
            "cached",
            "A statement with this type has no cache key, so SQLAlchemy writes its SQL anew each "
            "time. Two of this type are alike: `cache_ok` may be True.",
        )


UTC_DATETIME = Exercise(
    id="ch05-ex4",
    title="The moment that it was",
    objectives=("times",),
    answers=("UTCDateTime",),
    promises={
        "moment": "an aware value comes back aware, and is the same moment to the microsecond",
        "refused": "a naive value is refused with a ValueError or TypeError, and nothing is stored",
        "order": "SQL sorts and compares by moment, whatever the offsets",
        "none": "None goes in as NULL, and comes out as None",
        "native": "on PostgreSQL the column is TIMESTAMP WITH TIME ZONE, and its values stay aware",
        "cached": "statements with this type are cached",
    },
    hints=(
        "Two methods do it: one sees each value before the driver gets it, the other each value "
        "that the driver gives. What is stored must be told on one clock for all.",
        "`astimezone(UTC)` tells a moment on the clock of UTC, and `replace(tzinfo=UTC)` puts UTC "
        "on a value that has no offset. Which of the two is needed on the way in, which on the way "
        "out, and when neither?",
        "On the way in: None stays None, `value.tzinfo is None` is an error, and everything else "
        "is `value.astimezone(UTC)`. `impl = DateTime(timezone=True)` gives PostgreSQL its type.",
    ),
    draw=draw,
    observe=observe,
    judge=judge,
    elsewhere=Elsewhere(observe, "with all these moments"),
)
