"""ch05-ex4: a point in time comes back from SQLite as the point in time that it was."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from course.checking.attempts import interruption
from course.checking.exercise import Broken, Elsewhere, Exercise, Finding, Nothing
from course.checks.ch05_pitfalls.moments import NATIVE, Case, draw, observe, text_of, told_of


def judge(case: Case, seen: dict[str, Any]) -> Iterable[Finding]:
    """Say which promises were not kept, and what was observed."""
    if reason := interruption(seen["made"], "A table with a column of type UTCDateTime"):
        yield Nothing(reason)
        return
    if reason := interruption(seen["stored"], "Storing aware values and reading them"):
        yield Nothing(reason)
        return
    stored = seen["stored"]["saw"]
    yield from list(_judge_moment(case, stored)) or list(_judge_old(case, seen["old"]))
    yield from _judge_refused(case, seen)
    yield from list(_judge_order(case, seen)) or list(_judge_old_order(case, seen))
    yield from _judge_none(seen["nothing"])
    yield from _judge_native(case, seen["elsewhere"])
    yield from _judge_cached(seen)


def _judge_moment(case: Case, stored: dict[str, dict[str, str]]) -> Iterator[Broken]:
    # Around midnight first: there the mistake is a day. Then those of another year.
    for number in sorted(case.by_moment(), key=lambda n: case.moments[n].year != case.naive.year):
        given, came = case.moments[number], stored.get(str(number))
        if came is None:
            yield Broken(
                "moment", f"{text_of(given)} was stored, and no row with its id came back."
            )
            return
        if came["moment"] != text_of(given.astimezone(UTC)):
            yield Broken("moment", _why_another(given, came))
            return


def _judge_old(case: Case, old: dict[str, Any]) -> Iterator[Broken]:
    """Judge the moment of a year of three digits, which has a table of its own."""
    if reason := interruption(old, f"Storing and reading {text_of(case.old)}"):
        yield Broken("moment", reason)
        return
    came = old["saw"].get("2")
    if came is None:
        yield Broken("moment", f"{text_of(case.old)} was stored, and no row with its id came back.")
    elif came["moment"] != text_of(case.old.astimezone(UTC)):
        yield Broken("moment", _why_another(case.old, came))


def _judge_old_order(case: Case, seen: dict[str, Any]) -> Iterator[Broken]:
    """Judge the order of two moments, if both are stored and only their years differ in length."""
    if seen["old sorted"]["saw"] == [1, 2]:
        yield Broken(
            "order",
            f"ORDER BY put {text_of(case.elsewhere)} before {text_of(case.old)}, which is the "
            "earlier moment. As a text, a year of three digits sorts behind one of four, unless a "
            "zero stands before it.",
        )


def _why_another(given: datetime, came: dict[str, str]) -> str:
    if came["kind"] == "naive":
        return (
            f"{text_of(given)} was stored, and {came['text']} came back, without an offset. SQLite "
            "keeps none: what is read has to be given the one that it was stored in."
        )
    if came["kind"] != "aware":
        return f"{text_of(given)} was stored, and a {came['kind']} came back: {came['text']}."
    told = f"{text_of(given)} was stored, and {came['text']} came back: another moment."
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


def _judge_refused(case: Case, seen: dict[str, Any]) -> Iterator[Broken]:
    for name, value, why in (
        ("refused", case.naive, "has no offset"),
        ("nowhere", case.nowhere, "has a tzinfo whose utcoffset() is None, so it has no offset"),
    ):
        if reason := _why_not_refused(seen[name], text_of(value), why):
            yield Broken("refused", reason)
            return


def _why_not_refused(refused: dict[str, Any], value: str, why: str) -> str | None:
    """Say what became of a value that is naive, and why it is, unless it was refused as due."""
    if reason := interruption(refused, f"Storing {value}, which {why},"):
        return reason
    seen = refused["saw"]
    if seen["rows"]:
        return (
            f"{value} {why}, and a row was stored for it. Which moment is it? Raise a ValueError."
        )
    if not seen["fits"]:
        return (
            f"{value} {why}, and what it met is {seen['error']}. A ValueError or a TypeError that "
            "says what is missing is due, on purpose; an `assert` is gone under `python -O`."
        )
    return None


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
                    f"ORDER BY put {text_of(stored[first])} before {text_of(stored[second])}, "
                    "which is the earlier moment. What is stored has to sort by moment: one offset "
                    "for all.",
                )
                return
    if seen["before"]["saw"] != case.before_probe():
        yield Broken(
            "order",
            f"WHERE at < {text_of(case.probe)} found {len(seen['before']['saw'])} rows; "
            f"{len(case.before_probe())} are before that moment. What a column is compared with "
            "has to be told in the same way as what is stored.",
        )
    elif seen["equal"]["saw"] != [case.at_probe()]:
        yield Broken(
            "order",
            f"WHERE at == {text_of(case.probe)} found {len(seen['equal']['saw'])} rows; due is the "
            "one of that moment, which was stored with another offset.",
        )


def _judge_none(nothing: dict[str, Any]) -> Iterator[Broken]:
    if reason := interruption(nothing, "Storing and reading None"):
        yield Broken("none", f"{reason} A column that may be NULL hands None in, and out.")
    elif (came := nothing["saw"].get("7")) != told_of(None):
        text = came["text"] if came else "no row"
        yield Broken("none", f"None was stored, and {text} came back.")


def _judge_native(case: Case, elsewhere: dict[str, Any]) -> Iterator[Broken]:
    if reason := interruption(elsewhere, "Asked what it is on PostgreSQL, UTCDateTime"):
        yield Broken("native", reason)
        return
    seen, moment = elsewhere["saw"], text_of(case.elsewhere.astimezone(UTC))
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
            f"{text_of(case.elsewhere)}. Its column keeps moments by itself: give it an aware "
            "value, and not one that has lost its offset.",
        )
    elif seen["read"]["moment"] != moment:
        yield Broken(
            "native",
            f"PostgreSQL's driver gives aware values, in whatever offset it likes: of "
            f"{text_of(case.elsewhere)} was made {seen['read']['text']}. Only a value without an "
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
        "On the way in: None stays None, `value.utcoffset() is None` is an error, and everything "
        "else is `value.astimezone(UTC)`. `impl = DateTime(timezone=True)` gives PostgreSQL its "
        "type.",
    ),
    draw=draw,
    observe=observe,
    judge=judge,
    elsewhere=Elsewhere(observe, "with all these moments"),
)
