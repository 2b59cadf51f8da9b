"""What is seen of ch05-ex4: moments that are stored, read, and asked about in SQL."""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from random import Random
from typing import Any

from sqlalchemy import Column, Integer, MetaData, Table, func, select
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from sqlalchemy.orm import registry

from course.checking.attempts import Outcome, attempt, attempt_sync, describe
from course.checks.machine import EAST, clock_in
from course.checks.sessions import patience_with
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


class NoClock(tzinfo):
    """A zone that knows no offset: to Python, who has it is naive."""

    def utcoffset(self, moment: datetime | None) -> None:
        return None

    def dst(self, moment: datetime | None) -> None:
        return None

    def tzname(self, moment: datetime | None) -> str:
        return "somewhere"


@dataclass(frozen=True)
class Case:
    """Moments by the ids of their rows, in the order in which they are stored.

    `probe` is one of them, told in another offset; `naive` has none, and no more has `nowhere`,
    which has a zone. `old` is of a year of three digits. `elsewhere` is what another database's
    driver is given, and gives.
    """

    moments: dict[int, datetime]
    probe: datetime
    naive: datetime
    nowhere: datetime
    old: datetime
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
        parts = random.sample(range(1, 999_999, 2), 50)  # most of which no float keeps
        parts = [one for one in parts if century < 4000 or not _is_kept_by_a_float(far, one)]
        moments.append((far + timedelta(microseconds=parts[0])).astimezone(zone))
    # A year of three digits, which a text has to fill up with a zero.
    old = datetime(random.randrange(200, 999), random.randrange(1, 13), 15, 21, tzinfo=UTC)
    old += timedelta(minutes=random.randrange(180), microseconds=random.randrange(1, 999_999))
    probe = random.choice(moments[1:7]).astimezone(timezone(timedelta(hours=-8)))
    random.shuffle(moments)
    ids = random.sample(range(100, 1000), len(moments))
    east = timezone(timedelta(hours=random.choice((3, 5, 9))))
    naive = midnight.replace(tzinfo=None) + timedelta(minutes=random.randrange(60, 600))
    return Case(
        moments=dict(zip(ids, moments, strict=True)),
        probe=probe,
        naive=naive,
        nowhere=(naive + timedelta(days=1)).replace(tzinfo=NoClock()),
        old=old.astimezone(timezone(timedelta(minutes=random.choice(OFFSETS)))),
        elsewhere=(midnight + timedelta(seconds=random.randrange(9000))).astimezone(east),
    )


def _is_kept_by_a_float(moment: datetime, microseconds: int) -> bool:
    moment += timedelta(microseconds=microseconds)
    whole = int(moment.timestamp() * 1_000_000)
    return datetime.fromtimestamp(whole / 1_000_000, UTC) == moment


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
        without, long_ago = _entry("without", type_), _entry("long_ago", type_)
        two = {1: case.elsewhere, 2: case.old}
        engine = make_engine(url or None)

        async def ask(question: Callable[[], Any]) -> Outcome:
            return await attempt(question, patience_with(engine))

        try:
            stored = await ask(lambda: _stored(engine, entry, case.moments))
            ordered = await ask(lambda: _ids(engine, _sorted(entry)))
            before = await ask(lambda: _ids(engine, _where(entry, entry.at < case.probe)))
            equal = await ask(lambda: _ids(engine, _where(entry, entry.at == case.probe)))
            none = await ask(lambda: _stored(engine, nothing, {7: None}))
            naive = await ask(lambda: _naive(engine, refused, case.naive))
            nowhere = await ask(lambda: _naive(engine, without, case.nowhere))
            old = await ask(lambda: _stored(engine, long_ago, two))
            old_sorted = await ask(lambda: _ids(engine, _sorted(long_ago)))
            seen = {
                "made": made.as_dict() | {"value": None},
                "stored": _seen(stored),
                "sorted": _seen(ordered),
                "before": _seen(before),
                "equal": _seen(equal),
                "nothing": _seen(none),
                "refused": _seen(naive),
                "nowhere": _seen(nowhere),
                "old": _seen(old),
                "old sorted": _seen(old_sorted),
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
        return {str(one.id): told_of(one.at) for one in found}


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
        "bound": told_of(bind(moment) if bind else moment),
        "read": told_of(result(moment) if result else moment),
    }


def told_of(value: Any) -> dict[str, str]:
    """Return the kind of a value, how it reads, and for an aware one its moment in UTC."""
    if not isinstance(value, datetime):
        return {"kind": type(value).__name__, "text": str(value), "moment": ""}
    if value.utcoffset() is None:
        return {"kind": "naive", "text": text_of(value), "moment": ""}
    return {"kind": "aware", "text": text_of(value), "moment": text_of(value.astimezone(UTC))}


def text_of(moment: datetime) -> str:
    """Return a moment as messages tell it."""
    return moment.isoformat(" ")
