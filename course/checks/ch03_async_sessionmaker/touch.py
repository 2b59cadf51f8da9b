"""ch03-ex3: no hidden read after a commit."""

from collections.abc import Iterable
from typing import Any

from course.checking.attempts import interruption
from course.checking.exercise import Broken, Elsewhere, Exercise, Finding, Nothing, Star
from course.checks.ch03_async_sessionmaker.touch_again import (
    judge_touched_again,
)
from course.checks.ch03_async_sessionmaker.touch_seen import (
    Notes,
    draw_touch,
    observe_all,
    observe_touch_elsewhere,
)


def judge_touch(case: Notes, seen: dict[str, Any]) -> Iterable[Finding]:
    if "table" in seen:
        yield Nothing(f"The table of Note could not be used: {seen['table']}.")
        return
    findings = [
        Broken(promise, problem)
        for promise, problem in (
            ("told", _why_untold(case, seen)),
            ("counted", _why_not_counted(case, seen)),
            ("stamped", _why_not_stamped(case, seen)),
            ("both", _why_not_both(case, seen)),
        )
        if problem
    ]
    # A PostgreSQL is not asked for it.
    if not findings and "again" in seen:
        findings = list(judge_touched_again(sorted(case.texts), seen["again"]))
    yield from findings
    if not findings and seen["model asks"]:
        yield Star(
            "Note itself asks for what the database computed: whoever changes one in a flush, "
            "anywhere, has its date at once, and nothing to load afterwards."
        )


def _row(case: Notes, seen: dict[str, Any]) -> dict[str, Any]:
    row: dict[str, Any] = seen["rows"][str(case.touched)]
    return row


def _why_untold(case: Notes, seen: dict[str, Any]) -> str | None:
    told, stored = seen["touch"]["value"], _row(case, seen)["updated"]
    if reason := interruption(seen["touch"], "touch"):
        return _why_unread(reason)
    if seen["kind"] != "datetime":
        return _why_no_moment(seen["kind"])
    if told == stored or _row(case, seen)["reads"] == case.reads[case.touched]:
        return None  # or nothing was committed, and that is told
    if told == str(case.stamps[case.touched]):
        return (
            f"touch returned {told}, the time from before the update; {stored} stands in the table."
            " It was read too early, or kept from then."
        )
    return (
        f"touch returned {told}, and {stored} stands in the table. Another clock agrees with the "
        "database's by chance alone: ask for the value that the database wrote."
    )


def _why_not_counted(case: Notes, seen: dict[str, Any]) -> str | None:
    before, after = case.reads[case.touched], _row(case, seen)["reads"]
    touched_too = [
        number
        for number, reads in case.reads.items()
        if number != case.touched and seen["rows"].get(str(number), {}).get("reads") != reads
    ]
    if touched_too:
        return (
            f"touch(session, {case.touched}) also changed note {touched_too[0]}: an UPDATE without "
            "its WHERE, or with another one, reaches more rows than are meant."
        )
    if (text := _row(case, seen)["text"]) != (due := case.texts[case.touched]):
        return f"The note says {due!r}, and after touch it says {text!r}. It was read, not written."
    if after == before + 1:
        return None
    told = f"Another session sees reads == {after} where {before + 1} is due."
    if after == before:
        told += (
            " Nothing was counted, or it was not committed: a flush is no commit, "
            "`session.commit()` without `await` runs nothing, and a rollback takes it back, your "
            "own or that of a session that is closed without a commit."
        )
    return told


def _why_not_stamped(case: Notes, seen: dict[str, Any]) -> str | None:
    stored, before = _row(case, seen)["updated"], str(case.stamps[case.touched])
    if not seen["still stamped"]:
        return (
            "An update elsewhere in the program no longer dates the note: its onupdate is gone, "
            "or is no longer the database's clock."
        )
    # What was not written has no date to look at.
    if seen["by the database"] or _row(case, seen)["reads"] == case.reads[case.touched]:
        return None
    if stored == before:
        return (
            f"touch changed the note, and `updated` is still {stored}: this UPDATE was not "
            "dated. The model's onupdate works in a flush and in update(Note); a statement "
            "written as text knows nothing of it."
        )
    return (
        f"In the table stands {stored}, which the database's clock never said: the program wrote a "
        "time of its own over it."
    )


def _why_not_both(case: Notes, seen: dict[str, Any]) -> str | None:
    if _row(case, seen)["reads"] == case.reads[case.touched]:
        return None  # nothing is counted at all, and that is told
    # Who gets an error is not counted, unless touch raises after it has counted.
    always_raises = seen["touch"]["ended"] != "returned"
    counting = [one for one in seen["both"] if one == "returned" or always_raises]
    if seen["after both"] >= seen["before both"] + len(counting):
        return None
    return (
        f"Two sessions touched one note at once: it had {seen['before both']} reads, and now it "
        f"has {seen['after both']}. What was read before is old for the second: written back, it "
        "goes over the first one's; asked for in a WHERE, it finds no row. The database can add to "
        "what is there: Note.reads + 1. (FOR UPDATE does not help on SQLite, which has none.)"
    )


def _why_no_moment(kind: str | None) -> str:
    if kind is None:
        return "touch returned nothing: `updated` is to be returned."
    cure = " An `await` is missing." if kind == "coroutine" else ""
    return f"touch returned a {kind}; a datetime is due.{cure}"


def _why_unread(reason: str) -> str:
    if "greenlet" not in reason:
        return reason
    return (
        f"{reason} An attribute was read that has to be loaded, or the sync session was called. "
        "After an UPDATE what the database computed has to be, `updated` for one: "
        "expire_on_commit=False, which this session has, keeps what is known; it does not fetch "
        "what is not."
    )


TOUCH = Exercise(
    id="ch03-ex3",
    title="When was it read?",
    objectives=("implicit", "bridge"),
    answers=("Note", "touch"),
    promises={
        "told": "touch returns the time that stands in the table",
        "counted": "the reading is counted and committed, once, and for this note alone",
        "stamped": "new notes and updates are dated by the clock of the database",
        "both": "of two who read at once, both are counted",
    },
    hints=(
        "Which values does the database compute, and how does your session get to know them?",
        "Note.reads + 1 is an expression: the database adds to what is there. After the flush "
        "both columns have to be asked for: `await session.refresh(note)` is one way.",
        "update(Note).where(…).values(reads=Note.reads + 1).returning(Note.updated) does it all in "
        "one statement. For the star, let the model ask in every flush: "
        '`__mapper_args__ = {"eager_defaults": True}`.',
    ),
    observe=observe_all,
    judge=judge_touch,
    draw=draw_touch,
    elsewhere=Elsewhere(
        observe_touch_elsewhere, "also in some orders of the steps of two who read at once"
    ),
)
