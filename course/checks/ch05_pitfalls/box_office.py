"""ch05-ex3: a module that looks like what people write, with eight faults to repair."""

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

from course.checking.attempts import interruption
from course.checking.exercise import AsGiven, Broken, Elsewhere, Exercise, Finding
from course.checks.ch05_pitfalls.box_office_app import why_not_shown, why_not_their_own
from course.checks.ch05_pitfalls.box_office_evening import (
    HOLDS,
    LOOKS,
    Evening,
    draw_evening,
    moment,
)
from course.checks.ch05_pitfalls.box_office_seen import observe_box_office


def judge_box_office(case: Evening, seen: dict[str, Any]) -> Iterable[Finding]:
    problems = {
        promise: problem
        for promise, why in WHY.items()
        if (problem := why(case, seen[promise])) is not None
    }
    for promise, problem in problems.items():
        yield Broken(promise, problem)
    if all(words in problems.get(promise, "") for promise, words in GIVEN.items()):
        yield AsGiven()


def _why_not_deleted(case: Evening, seen: dict[str, Any]) -> str | None:
    call = f"cancel_order(session, {case.cancelled})"
    if reason := interruption(seen["outcome"], call) or interruption(
        seen["unknown"], "cancel_order, for an id that no order has,"
    ):
        return reason
    others = sorted(set(case.orders) - {case.cancelled})
    if case.cancelled in seen["left"]:
        return (
            f"{call} returned {seen['outcome']['value']}, and order {case.cancelled} is still in "
            "the table."
        )
    if gone := sorted(set(others) - set(seen["left"])):
        them = f"order {gone[0]}" if len(gone) == 1 else f"{len(gone)} other orders"
        return f"{call} deleted {them} as well."
    if seen["outcome"]["value"] is not True or seen["unknown"]["value"] is not False:
        return (
            f"For an order cancel_order returned {seen['outcome']['value']!r}, and "
            f"{seen['unknown']['value']!r} where there is none: True and False are due."
        )
    return None


def _why_not_whole(case: Evening, seen: dict[str, Any]) -> str | None:
    known = sorted(case.known)
    given = {*known, *case.spoilt, *case.emails}
    if strange := sorted({*seen["kept"], *seen["stored"]} - given):
        return f"import_guests stored the address {strange[0]}, which was not in its list."
    stored = sorted(set(seen["kept"]) - set(known))
    if stored:
        return (
            f"Of {len(case.spoilt)} addresses one was known already. Afterwards {len(stored)} of "
            "the others were guests: a part of a list that failed is stored."
            if seen["spoilt"]["ended"] == "raised"
            else f"Of {len(case.spoilt)} addresses one was known already, no error came out, and "
            f"{len(stored)} of the others are guests: a list is stored whole or not at all."
        )
    if seen["kept"] != known:
        return f"After a list that failed, the guests are {seen['kept']}; {known} are due."
    if seen["spoilt"]["ended"] == "returned":
        return (
            "Of a list with a known address nothing was stored, and import_guests returned "
            f"{seen['spoilt']['value']!r}: nobody is told. The error is to come out."
        )
    if seen["spoilt"]["ended"] != "raised":
        return interruption(seen["spoilt"], "import_guests")
    if reason := interruption(seen["whole"], "import_guests, for addresses that are all new,"):
        return reason
    due = sorted([*known, *case.emails])
    if seen["stored"] != due or seen["whole"]["value"] != len(case.emails):
        return (
            f"import_guests returned {seen['whole']['value']!r} for {len(case.emails)} new "
            f"addresses, of which {len(set(seen['stored']) & set(case.emails))} are guests now."
        )
    if seen["twice"]["ended"] != "raised" or seen["of twice"] != known:
        return (
            f"Of {len(case.emails) + 1} addresses one stood there twice, which the table refuses. "
            f"import_guests {_ended(seen['twice'])}, and {len(seen['of twice']) - len(known)} of "
            "them are guests now: a list is stored whole, or an error comes out."
        )
    return None


def _ended(outcome: dict[str, Any]) -> str:
    if outcome["ended"] == "raised":
        return f"raised {outcome['error'].rstrip('.')}"
    return f"returned {outcome['value']!r}" if outcome["ended"] == "returned" else "did not return"


def _why_not_five_minutes(case: Evening, seen: dict[str, Any]) -> str | None:
    for name, call in zip(
        ["hold_seat"] * len(HOLDS) + ["release_expired"] * len(LOOKS), seen["calls"], strict=True
    ):
        if reason := interruption(call, name):
            return reason
    holds = [[place + 1, case.guests[place % 2]] for place in range(len(HOLDS))]
    if seen["made"] != holds:
        return f"Seats and guests of the holds are {seen['made']}; asked for were {holds}."
    for (minutes, hours, due), held in zip(LOOKS, seen["looks"], strict=True):
        for place, (began, zone) in enumerate(HOLDS):
            if (place in due) != (place + 1 in held):
                became = "was still held" if place + 1 in held else "was free"
                return (
                    f"A seat was held at {moment(case, began, zone).isoformat()}. At "
                    f"{moment(case, minutes, hours).isoformat()}, which is "
                    f"{timedelta(seconds=round(60 * (minutes - began)))} h later, "
                    f"release_expired was called, and then it {became}."
                )
    return None


def _why_not_current(case: Evening, seen: dict[str, Any]) -> str | None:
    call = f"add_seats(session, {case.show}, {case.more})"
    if reason := interruption(seen["outcome"], call):
        return reason
    rows = {str(number): capacity for number, capacity in seen["rows"]}
    before, told, stored = case.capacity, seen["outcome"]["capacity"], rows.get(str(case.show))
    due = before + seen["added"] + case.more
    meanwhile = f"Somebody else added {seen['added']}, and" if seen["added"] else "Then"
    told_of_both = f"A show had {before} seats. {meanwhile}"
    for number, capacity in seen["rows"]:
        if number != case.show and capacity != before:
            return f"{call} changed show {number} as well."
    if stored != due:
        return (
            f"{told_of_both} {call} was called at the same moment. {stored} stands in the "
            f"table; {due} are due."
        )
    if told is None:
        return f"{call} returned {seen['outcome']['value']}, which has no capacity that is loaded."
    if told != stored:
        return (
            f"{told_of_both} {call} returned a show of {told} seats, while {stored} stands in the "
            "table."
        )
    return None


def _why_not_nothing(case: Evening, seen: dict[str, Any]) -> str | None:
    if "table" in seen:
        return f"The table of DoorCount could not be used: {seen['table']}."
    if reason := interruption(seen["none"], "store_counts(session, [])"):
        return reason
    if seen["after none"]:
        return (
            f"After store_counts(session, []) there was a row, {seen['after none'][0]}, that "
            "nobody counted."
        )
    if seen["none"]["value"] != 0:
        return f"store_counts(session, []) returned {seen['none']['value']!r}; 0 is due."
    for outcome in seen["some"]:
        if reason := interruption(outcome, "store_counts"):
            return reason
    due = sorted([count["door"], count["guests"]] for count in case.counts)
    if seen["rows"] != due:
        return (
            f"After one list of 1 count and one of {len(due) - 1}, the rows are {seen['rows']}; "
            f"due are {due}."
        )
    returned = [outcome["value"] for outcome in seen["some"]]
    if returned != [1, len(due) - 1]:
        return f"store_counts returned {returned} for lists of 1 and {len(due) - 1} counts."
    return None


def _why_not_stopped(case: Evening, seen: dict[str, Any]) -> str | None:
    due = [case.emails[place] for place in sorted(case.failing)]
    if reason := interruption(seen["outcome"], f"remind, with {len(due)} bad addresses,"):
        return reason
    if seen["sent"] != list(case.emails):
        return (
            f"Of {len(case.emails)} addresses, two of them bad, remind sent to "
            f"{len(seen['sent'])}: each is tried, once, in order."
        )
    if seen["at once"] > 1:
        return (
            f"remind had {seen['at once']} sendings under way at once; one after the other is due."
        )
    failed = seen["outcome"]["value"]
    if not isinstance(failed, list) or sorted(failed, key=str) != sorted(due):
        return f"remind returned {failed}; sending failed for {due}."
    if seen["early"]:
        return "remind had returned before its sending was over: nobody waited for it."
    if seen["still sent"]:
        return (
            f"remind was cancelled at its address {case.stopped + 1} of {len(case.emails)}, and "
            f"sent to {seen['still sent']} more."
        )
    if not seen["over"]:
        return "remind was cancelled, and had still not ended when nothing else could go on."
    if seen["goes on"]:
        return (
            "remind was cancelled and has ended, and the sending that was under way goes on: "
            "nobody told it to stop."
        )
    if not seen["cancelled"]:
        return (
            "remind was cancelled and stopped sending, and then it returned or raised as if "
            "nobody had cancelled it: whoever awaits it, a timeout for one, is not told."
        )
    return None


WHY: dict[str, Callable[[Evening, dict[str, Any]], str | None]] = {
    "deleted": _why_not_deleted,
    "whole": _why_not_whole,
    "minutes": _why_not_five_minutes,
    "shown": why_not_shown,
    "own": why_not_their_own,
    "current": _why_not_current,
    "nothing": _why_not_nothing,
    "stopped": _why_not_stopped,
}
# What is said of the module as it is given.
GIVEN = {
    "deleted": "is still in the table",
    "whole": "a part of a list that failed",
    "minutes": "and then it was free",
    "shown": "greenlet_spawn has not been called",
    "own": "what one request does reaches the other",
    "current": "returned a show of",
    "nothing": "that nobody counted",
    "stopped": "more.",
}

BOX_OFFICE = Exercise(
    id="ch05-ex3",
    title="Eight faults in one module",
    objectives=("loading", "failures", "stale", "times"),
    answers=(
        "make_app", "DoorCount", "cancel_order", "import_guests", "hold_seat", "release_expired",
        "add_seats", "store_counts", "remind",
    ),
    promises={
        "deleted": "an order that is cancelled is gone, and no other",
        "whole": "a list of guests is stored whole, or an error comes out and nothing is stored",
        "minutes": "a hold lasts five minutes, whatever time zone a clock shows",
        "shown": "the page of a show has its orders",
        "own": "requests neither undo nor hold up each other; a 201 comes when the order is there",
        "current": "add_seats returns what stands in the table, and two at once both count",
        "nothing": "an evening without counts leaves no row",
        "stopped": "one bad address does not stop the others, and a cancellation does",
    },
    hints=(
        "Begin with what the check saw, one sentence after the other, and ask which function it "
        "speaks of. Four of the eight raise no error anywhere: read the SQL with count_sql.",
        "Which calls return something that has to be awaited? Which statement does the session "
        "know nothing of? When is a list over? Who else uses this object?",
        "`session.delete` is a coroutine; a commit in a loop is many; `replace(tzinfo=None)` "
        "forgets the zone; the page reads what nobody loaded; one session is one transaction; "
        "text passes the session by; an INSERT without rows is one row of defaults; "
        "CancelledError is a BaseException.",
    ),
    draw=draw_evening,
    observe=observe_box_office,
    judge=judge_box_office,
    elsewhere=Elsewhere(observe_box_office, "in each of the eight"),
)  # fmt: skip
