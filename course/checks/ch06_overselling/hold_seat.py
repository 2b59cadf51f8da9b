"""ch06-ex2: a seat for each guest, held for a while, in whatever order two guests come."""

import re
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from course.checking.attempts import interruption
from course.checking.exercise import Broken, Elsewhere, Exercise, Finding, Nothing, Plain
from course.checks.ch06_overselling.every_order import (
    FEW_ORDERS,
    NAMES,
    Wrong,
    a_process_each,
    broken_by,
    has_errors,
    noting_locks,
    why_locked,
    why_no_proof,
    why_not_explored,
)
from course.checks.ch06_overselling.house import (
    EASTERN,
    FRESH,
    HELD,
    QUESTIONS,
    SOLD,
    SPENT,
    House,
    HouseScene,
    Question,
    draw_house,
)
from course.checks.ch06_overselling.scenes import judge_beyond, why_nothing
from course.checks.machine import EAST, clock_in
from lantern.events import listening
from lantern.steps import LETTERS
from lantern.theatre import make_engine

WITHOUT_OFFSET = (
    " What SQLite gives back for `expires_at` has no offset. Let the database compare it, or say "
    "that it is in UTC: `replace(tzinfo=UTC)`."
)
ALONE = "hold_seat, as if each guest had a process of its own,"
NOT_IN_TICKETS = re.compile(r"NOT IN \(SELECT tickets\.seat_id FROM tickets\)")
NOT_IN_NULL = (
    " There are tickets without a seat, and `NOT IN` a list with a NULL in it is never true: leave "
    "these out, or ask with NOT EXISTS."
)


async def observe_hold(case: House, hold_seat: Any) -> dict[str, Any]:
    """Let guests hold a seat in every order, in UTC and elsewhere, and as PostgreSQL would have it.

    `offsets` are those of the moments that the answer gave to the database.
    """
    seen: dict[str, Any] = {"offsets": []}
    engine = make_engine(pool_size=10)
    scene = HouseScene(case, engine, hold_seat)

    def note_moments(*given: Any) -> None:
        for values in getattr(given[4], "compiled_parameters", ()):
            for value in values.values():
                if isinstance(value, datetime) and value.utcoffset() != timedelta(0):
                    offset = "" if value.utcoffset() is None else f"{value:%z}"
                    seen["offsets"] = sorted({*seen["offsets"], offset})

    try:
        moments = (engine.sync_engine, "before_cursor_execute", note_moments)
        with noting_locks(engine, seen), listening(moments):
            with clock_in("UTC0"):
                await scene.observe(seen)
            with clock_in(EAST):
                asked = [one for one in EASTERN if one in seen and not has_errors(seen[one])]
                seen["east"] = {one: await scene.explored(one) for one in asked}
    finally:
        await scene.close()
    return seen


async def observe_hold_elsewhere(case: House, hold_seat: Any, url: str) -> dict[str, Any]:
    """Let guests hold a seat on a PostgreSQL, as if each had a process, on a clock of the east."""
    seen: dict[str, Any] = {"offsets": [], "east": {}}
    scene = HouseScene(case, make_engine(url, pool_size=10), hold_seat)
    with noting_locks(scene.engine, seen), a_process_each(), clock_in(EAST):
        for question in QUESTIONS:
            seen[question] = await scene.explored(question, FEW_ORDERS)
    await scene.close()
    return seen


def judge_hold(case: House, seen: dict[str, Any]) -> Iterable[Finding]:
    if reason := why_nothing(HouseScene, seen, "hold_seat"):
        yield Nothing(reason + (WITHOUT_OFFSET if "offset-naive" in reason else ""))
        return
    yield from _judge_moments(case, seen)
    broken = list(_judge_here(case, seen))
    yield from broken
    yield from judge_beyond(HouseScene, seen, broken, ALONE, partial(_told, case))


def _judge_here(case: House, seen: Plain) -> Iterator[Broken]:
    for name, question in QUESTIONS.items():
        if name not in seen:
            return
        guests = "one guest" if question[0] == 1 else "two guests"
        if reason := why_no_proof(seen[name], f"hold_seat, by {guests},"):
            yield Broken("seats", reason)
        for end in seen[name]["ends"]:
            for promise, told in _judge_end(case, question, end, seen["locks"]):
                yield broken_by(promise, told, end)


def _judge_moments(case: House, seen: Plain) -> Iterator[Broken]:
    """Judge which moments the database was given, and what another machine's clock changes."""
    for offset in seen["offsets"]:
        if offset:
            yield Broken(
                "moments",
                f"The database was given a moment with the offset {offset}. For SQLite SQLAlchemy "
                "drops it, and keeps what that clock shows, so that it can't be compared with a "
                "moment in UTC.",
            )
        else:
            yield Broken(
                "moments",
                "The database was given a moment without an offset, of a clock that nobody knows. "
                "SQLite keeps what it shows, and on PostgreSQL asyncpg takes it for the machine's "
                "local time. Give an aware one, in UTC.",
            )
        return
    for name in seen["east"]:
        question = QUESTIONS[name]
        here, east = ([*_all_told(case, question, one[name])] for one in (seen, seen["east"]))
        if east and not here:
            yield Broken(
                "moments", f"On a machine whose clock is five and a half hours ahead: {east[0]}"
            )
            return


def _all_told(case: House, question: Question, explored: Plain) -> Iterator[str]:
    if reason := why_not_explored(explored, "hold_seat"):
        yield reason
    for end in explored["ends"]:
        yield from (told for _, told in _judge_end(case, question, end, False))


def _judge_end(
    case: House, question: Question, end: Plain, locks: bool
) -> Iterator[tuple[str, str]]:
    """Yield (promise, what is wrong with it) of one end."""
    if told := _given_twice(case, question, end):
        yield "seats", told
    elif told := _wrong_holds(case, question, end):
        yield "holds", told
    if told := _refused(case, question, end, locks):
        yield "served", told


def _held(case: House, question: Question) -> set[int]:
    """Return the seats that other guests hold, of both shows."""
    count, kinds = question
    held = {seat for seat, kind in zip(case.free, kinds, strict=True) if kind == HELD}
    return {*held, case.elsewhere[1], *(case.held if count == 1 else ())}


def _seat_of(outcome: Plain) -> Any:
    value = outcome["value"] if outcome["ended"] == "returned" else None
    return value.get("seat") if isinstance(value, dict) else None


def _given_twice(case: House, question: Question, end: Plain) -> str:
    """Say which seat was handed out that was not to be had, or that another guest has got."""
    given: dict[Any, str] = {}
    held = _held(case, question)
    for name, outcome in zip(NAMES, end["outcomes"], strict=False):
        seat = _seat_of(outcome)
        if seat is None:
            continue
        if seat in case.elsewhere:
            return f"{name} was given seat {seat}, which is a seat of another show."
        if seat in case.sold or (SOLD, seat) in zip(question[1], case.free, strict=True):
            return f"{name} was given seat {seat}, which is sold: there is a ticket for it."
        if seat in held:
            return f"{name} was given seat {seat}, which another guest holds: it has not ended."
        if seat in given:
            return f"{given[seat]} and {name} were both given seat {seat}."
        given[seat] = name
    return ""


def _refused(case: House, question: Question, end: Plain, locks: bool) -> str:
    """Say who was not served as was promised: by an error, or by a None beside a free seat."""
    taken = {seat for seat, guest, _ in end["left"]["holds"] if guest in case.guests}
    kinds = zip(case.free, question[1], strict=True)
    free = {seat for seat, kind in kinds if kind in (SPENT, FRESH)} - taken
    for letter, name, outcome in zip(LETTERS, NAMES, end["outcomes"], strict=False):
        if reason := interruption(outcome, f"{name}'s hold_seat"):
            return reason + _why_refused(end, letter, outcome, locks)
        if outcome["ended"] == "never":
            return f"{name}'s hold_seat never ends: {outcome['error']}."
        if outcome["value"] is None and free:
            told = f"{name} was told None, and {_what_is_free(case, question, min(free))}."
            return told + (NOT_IN_NULL if _is_never_true(end) else "")
    return ""


def _is_never_true(end: Plain) -> bool:
    return any(NOT_IN_TICKETS.search(" ".join(step["sql"].split())) for step in end["steps"])


def _what_is_free(case: House, question: Question, seat: int) -> str:
    if question[1][case.free.index(seat)] == SPENT:
        return f"seat {seat} is free: its hold has ended"
    return f"seat {seat} is free: nobody holds it, and no ticket names it"


def _why_refused(end: Plain, letter: str, outcome: Plain, locks: bool) -> str:
    if "UNIQUE constraint failed: holds.seat_id" in outcome["error"]:
        return (
            " Another guest was quicker with this seat, and the constraint holds: that is no "
            "reason to leave without one, there may be others. Or a hold that has ended still "
            "stands there: it has to go first."
        )
    return why_locked(end, letter, locks)


def _wrong_holds(case: House, question: Question, end: Plain) -> str:
    """Say which hold is missing or wrong, or what else was changed."""
    holds = end["left"]["holds"]
    for name, guest, outcome in zip(NAMES, case.guests, end["outcomes"], strict=False):
        new = [hold for hold in holds if hold[2] != "as it was"]
        own = [(seat, beside) for seat, one, beside in new if one == guest]
        if outcome["ended"] != "returned" or outcome["value"] is None:
            if own:
                got = "None" if outcome["ended"] == "returned" else "an error"
                return (
                    f"{name} got {got}, and there is a hold of this guest's, on seat {own[0][0]}."
                )
            continue
        seat = _seat_of(outcome)
        if seat is None:
            what = outcome["value"] if outcome["value"] != {"seat": None} else "a Seat of its own"
            return f"hold_seat returned {what!s} in place of a Seat that is stored."
        if [one for one, _ in own] != [seat]:
            found = ", ".join(f"on seat {one}" for one, _ in own) or "none"
            return f"{name} was given seat {seat}; holds of this guest's: {found}."
        if beside := own[0][1]:
            when = "later" if beside > 0 else "earlier"
            return (
                f"{name} asked for {case.seconds} seconds, and the hold ends {abs(beside)} seconds "
                f"{when} than that."
            )
    return _what_else(case, question, end["left"])


def _what_else(case: House, question: Question, left: Plain) -> str:
    """Say which hold of another guest's is not as it was, or which table."""
    found = {seat: what for seat, _, what in left["holds"]}
    for seat in sorted(_held(case, question)):
        show = case.other if seat in case.elsewhere else case.show
        if found.get(seat) != "as it was":
            what = "changed" if seat in found else "gone"
            return f"The hold on seat {seat} of show {show}, which had not ended, is {what}."
    for seat, guest, what in left["holds"]:
        if guest not in case.guests and what != "as it was":
            return f"The hold of guest {guest} on seat {seat} is another one than before."
    if left["changed"]:
        return f"Rows of {left['changed'][0]} are not as they were; only holds were to change."
    return ""


def _told(case: House, question: Question, locks: bool) -> Wrong:
    return lambda end: (told for _, told in _judge_end(case, question, end, locks))


HOLD_SEAT = Exercise(
    id="ch06-ex2",
    title="A seat for a while",
    objectives=("atomic", "choose"),
    answers=("hold_seat",),
    promises={
        "seats": "who is given a seat has one of this show that is not sold, and that nobody else "
        "holds, nor is given, in whatever order the steps of two guests come",
        "served": "whoever can have a seat gets one, and everybody else None: nobody gets an "
        "error, in no order",
        "holds": "a seat that was returned has one hold, of this guest, that ends in so many "
        "seconds; and nothing else changes, but that holds which have ended may go",
        "moments": "what holds are compared with, and end at, are moments in UTC, whatever clock "
        "the machine has",
        "processes": "it holds as well when each guest is served by a process of its own",
        "postgresql": "it does not rest on SQLite's one place for a writer, which PostgreSQL has "
        "not",
    },
    hints=(
        "Two guests look at the same seats. What do both of them write before they look, so that "
        "the second one looks when the first has committed?",
        "Any UPDATE of the show's row takes it until the COMMIT, on SQLite and on PostgreSQL, also "
        "one that changes nothing. Or: let the unique `seat_id` decide, and whoever comes too late "
        "looks again, in a new transaction.",
        "In one transaction: `update(Show).where(Show.id == show_id).values(sold=Show.sold)`; "
        "delete the show's holds with `Hold.expires_at <= datetime.now(UTC)`; read the first seat "
        "for which no hold and no ticket exists; add the hold.",
    ),
    draw=draw_house,
    observe=observe_hold,
    judge=judge_hold,
    elsewhere=Elsewhere(observe_hold_elsewhere, "in some orders of two guests' steps"),
)
