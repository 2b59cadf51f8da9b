"""ch06-ex4: an order that may be asked for twice, and is there once."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from course.checking.attempts import interruption
from course.checking.exercise import Broken, Elsewhere, Exercise, Finding, Nothing, Plain
from course.checks.ch06_overselling.every_order import broken_by, why_no_proof, why_not_explored
from course.checks.ch06_overselling.keyed_orders import (
    EARLIER,
    REFUSED,
    SERVED,
    Ask,
    Desk,
    draw_desk,
    observe_add_orders,
)
from lantern.steps import LETTERS

CLICKS = ("the first click", "the second click")
OVER = "Can't operate on closed transaction", "PendingRollbackError"
IT_IS_OVER = (
    " (a flush that failed, a commit or a rollback ends the whole transaction; a savepoint, "
    "`session.begin_nested()`, lets the rest go on)"
)


def judge_add_orders(case: Desk, seen: dict[str, Any]) -> Iterable[Finding]:
    if reason := _why_nothing(case, seen):
        yield Nothing(reason)
        return
    problems = (
        ("after", _why_not_after(case, seen)),
        ("again", _why_not_again(case, seen["again"])),
        ("body", _why_not_refused(case, seen["otherwise"])),
        ("guest", _why_not_of_others(case, seen["of others"])),
        ("failed", _why_not_as_new(case, seen)),
    )
    for promise, problem in problems:
        if problem:
            yield Broken(promise, problem)
    yield from _judge_at_once(case, seen)


def _why_nothing(case: Desk, seen: dict[str, Any]) -> str | None:
    if reason := interruption(seen["made"], "add_orders"):
        return reason
    if "table" in seen:
        return f"The table of Receipt could not be used: {seen['table']}."
    first = seen["again"][0]
    path = f"POST /shows/{case.shows[0]}/orders"
    if reason := interruption(first["outcome"], path):
        return reason
    if first["status"] in (404, 405):
        return f"{path} was answered with {first['status']}: is there such a route?"
    if first["status"] not in SERVED:
        return f"{path}, a first request with a key, was answered with {_told(first)}."
    if first["order"] is None:
        return f'{path} was answered with {_told(first)}; `{{"order": …}}`, its id, is due.'
    return None


def _told(got: Plain) -> str:
    """Return the status, and what the app raised or said."""
    error, text = str(got.get("error") or "").rstrip("."), got.get("text")
    if error:
        where = f", which came from {got['where']}" if got.get("where") else ""
        cure = IT_IS_OVER if any(sign in error for sign in OVER) else ""
        return f"{got['status']}: {error}{where}{cure}"
    return f"{got['status']}, {text}" if text else f"{got['status']}"


def _is_served(got: Plain) -> bool:
    return got["status"] in SERVED


def _due(case: Desk, asks: Sequence[tuple[Ask, Any]]) -> Plain:
    """Return what is in the tables when these orders are stored, and no others."""
    sold = dict.fromkeys(case.shows, EARLIER)
    for ask, _ in asks:
        sold[ask.show] += ask.tickets
    # No number is what no order in the table has.
    numbered = ((order if isinstance(order, int) else -1, ask) for ask, order in asks)
    rows = sorted([order, ask.show, ask.guest, ask.tickets] for order, ask in numbered)
    return {"sold": sorted(map(list, sold.items())), "orders": rows}


def _in_the_tables(found: Plain) -> str:
    rows = [f"order {one} of guest {guest}, tickets: {n}" for one, _, guest, n in found["orders"]]
    sold = ", ".join(f"{sold} of show {show}" for show, sold in found["sold"])
    return f"{'; '.join(rows) or 'no order'}; `sold`: {sold}"


def _why_not_after(case: Desk, seen: dict[str, Any]) -> str:
    first = seen["again"][0]
    if first["order"] is not None and first["order"] not in first["stored"]:
        return (
            "When the answer to a first request began to go out, nobody else could see its order: "
            "not committed yet."
        )
    for what in REFUSED:
        one = seen[what][0]
        if _is_served(one) and one["order"] not in [row[0] for row in one["after"]["orders"]]:
            return f"When {what}, the guest was told {_told(one)}: nothing of it is stored."
    return ""


def _why_not_again(case: Desk, got: list[Plain]) -> str:
    first, second, third, fourth = got
    ask, other = case.again()[:2]
    if not _is_served(second):
        return (
            "A second order of the same guest, with a key of its own, was answered with "
            f"{_told(second)}."
        )
    due = _due(case, [(ask, first["order"]), (other, second["order"])])
    if second["after"] != due:
        return (
            f"One guest ordered {ask.tickets} of show {ask.show} twice, with two keys, and was "
            f"told {first['text']} and {second['text']}. In the tables: "
            f"{_in_the_tables(second['after'])}."
        )
    if first["status"] != 201:
        return f"A first request is answered with 201; this one was answered with {_told(first)}."
    for again, before in ((third, first), (fourth, second)):
        told = (
            "A guest was told that there is an order; then all is sold out. The same request with "
            "the same key was answered with "
        )
        if not _is_served(again) or again["order"] != before["order"]:
            return f"{told}{_told(again)}; the first answer was {before['text']}."
        if again["after"] != due:
            return f"{told}{_told(again)}. In the tables: {_in_the_tables(again['after'])}."
    return ""


def _why_not_refused(case: Desk, got: list[Plain]) -> str:
    first, *others, last = got
    ask, *asks, _ = case.otherwise()
    if not _is_served(first):
        return ""
    for one, other in zip(asks, others, strict=True):
        what = f"{one.tickets} tickets for show {one.show}"
        if other["status"] != 422:
            return (
                f"Under the key of an order of {ask.tickets} tickets for show {ask.show} the guest "
                f"asked for {what}, and was answered with {_told(other)}; 422 is due."
            )
    # Whoever is never told of the first order is told so elsewhere.
    is_another = last["order"] not in (None, first["order"])
    if last["after"] != first["after"] or is_another:
        return (
            "After other requests under its key, which were answered with 422, the first one was "
            f"answered with {_told(last)}. In the tables: {_in_the_tables(last['after'])}."
        )
    return ""


def _why_not_of_others(case: Desk, got: list[Plain]) -> str:
    asks = case.of_others()
    firsts = got[:3]
    for ask, one in zip(asks[1:3], firsts[1:], strict=True):
        told = (
            f"Guest {asks[0].guest} has an order under a key; guest {ask.guest} came with the same "
            f"key, by chance, and was answered with {_told(one)}"
        )
        if not _is_served(one):
            return f"{told}."
        if one["order"] in [other["order"] for other in firsts if other is not one]:
            return f"{told}: that is the other guest's order."
    due = sorted([one["order"], ask.guest] for ask, one in zip(asks, firsts, strict=False))
    if [[order, guest] for order, _, guest, _ in firsts[2]["after"]["orders"]] != due:
        return (
            "Three guests ordered under the same key. In the tables: "
            f"{_in_the_tables(firsts[2]['after'])}."
        )
    for ask, again, before in zip(asks[3:], got[3:], (got[1], got[0]), strict=True):
        # Whoever is never told of the first order is told so elsewhere.
        others = [one["order"] for one in firsts if one is not before]
        if again["order"] in others:
            return (
                f"Two guests have an order under the same key. Guest {ask.guest} asked once more, "
                f"and was answered with {_told(again)}; the first answer was {before['text']}."
            )
    return ""


def _why_not_as_new(case: Desk, seen: dict[str, Any]) -> str:
    """Say what was wrong when a guest asked once more, after something that had failed."""
    ask = case.ask()
    first, second = seen["sold out"]
    told = f"A guest asked for {ask.tickets} tickets, of which {ask.tickets - 1} were left"
    if first["status"] != 409:
        return f"{told}, and was answered with {_told(first)}; 409 is due."
    if first["after"] != _due(case, []):
        return f"{told}, and was told 409. In the tables: {_in_the_tables(first['after'])}."
    told = "A guest was told 409, sold out. Then places came back, and the same request, same key,"
    if reason := _why_not_sold(case, told, second):
        return reason
    for what in REFUSED:
        first, second = seen[what]
        if _is_served(first):
            continue  # whether that was true, and is told again, is judged elsewhere
        told = (
            f"When {what}, a first request was answered with {first['status'] or 'nothing'}. "
            "The same request, same key,"
        )
        if reason := _why_not_sold(case, told, second):
            return reason
    return ""


def _why_not_sold(case: Desk, told: str, got: Plain) -> str:
    if reason := interruption(got["outcome"], told):
        return reason
    if not _is_served(got):
        return f"{told} was answered with {_told(got)}. Is the key of what failed still there?"
    if got["after"] != _due(case, [(case.ask(), got["order"])]):
        found = _in_the_tables(got["after"])
        return f"{told} was answered with {_told(got)}. In the tables: {found}."
    return ""


def _judge_at_once(case: Desk, seen: dict[str, Any]) -> Iterator[Broken]:
    at_once, apart = seen["at once"], seen["apart"]
    yield from _judge_explored(case, at_once, "")
    if apart:
        told = (
            "In one process it holds, since one request waits for the other in the program's "
            "memory; in two processes, each with a lock of its own, it does not. "
        )
        yield from _judge_explored(case, apart, told)


def _judge_explored(case: Desk, explored: Plain, told: str) -> Iterator[Broken]:
    what = "A request that comes twice at once"
    if reason := why_not_explored(explored, what) or why_no_proof(explored, what):
        yield Broken("once", told + reason)
        return
    for end in explored["ends"]:
        wrong = _why_not_once(case, end)
        if wrong and not end["steps"]:
            told += "The database was not asked, and memory is that of one process. "
            yield Broken("once", told + wrong)
            return
        if wrong:
            yield broken_by("once", told + wrong, end, CLICKS, wrong.partition(": ")[0])
            return


def _was_answered(name: str, got: Plain) -> str:
    return f"{name.capitalize()} was answered with {_told({'status': None} | got)}"


def _why_not_once(case: Desk, end: Plain) -> str:
    orders = [row[0] for row in end["left"]["orders"]]
    answers = []
    for name, outcome in zip(CLICKS, end["outcomes"], strict=False):
        if reason := interruption(outcome, name.capitalize()):
            return reason
        if outcome["ended"] == "never" or not isinstance(outcome["value"], dict):
            return f"{name.capitalize()} never got an answer: {outcome['error']}."
        answers.append(outcome["value"])
    if len(orders) > 1:
        return f"One wish came twice, under one key, and there are {len(orders)} orders."
    for letter, name, got in zip(LETTERS, CLICKS, answers, strict=False):
        knows = got.get("status") in (*SERVED, 409)
        if knows and end["steps"] and all(step["task"] != letter for step in end["steps"]):
            return (
                f"{_was_answered(name, got)}. It had not asked the database: what it knew of the "
                "other click is in the memory of one process, and a theatre has two."
            )
    for name, got in zip(CLICKS, answers, strict=False):
        if got.get("status") not in (*SERVED, 409):
            return f"{_was_answered(name, got)}. The order's id is due, or 409."
    if not orders:
        return "One wish came twice, under one key, and there is no order."
    for name, got in zip(CLICKS, answers, strict=False):
        if got.get("status") in SERVED and got.get("order") != orders[0]:
            return f"{_was_answered(name, got)}. The order's id is due, {orders[0]}, or 409."
    if all(got.get("status") == 409 for got in answers):
        return "There is an order, and both clicks were told 409."
    if end["left"] != _due(case, [(case.ask(), orders[0])]):
        return f"In the tables: {_in_the_tables(end['left'])}."
    return ""


ADD_ORDERS = Exercise(
    id="ch06-ex4",
    title="The impatient guest",
    objectives=("idempotent",),
    answers=("Receipt", "add_orders"),
    promises={
        "again": "the same request with the same key is answered with the same order's id, also "
        "when all is sold out by then, and another key is another order",
        "body": "another show, or another number of tickets, under the same key is answered with "
        "422, and changes nothing",
        "guest": "the same key of another guest is another order",
        "once": "of two such requests at once, in every order of their steps, comes one order; "
        "each is answered with its id or with 409, and at least one with its id",
        "failed": "what failed keeps no key, so that it may be asked again",
        "after": "no answer says that there is an order before its COMMIT",
    },
    hints=(
        "Who comes second? The database knows, if the first statement is the one that cannot be "
        "done twice.",
        "Begin with the INSERT of the receipt, in a savepoint (`session.begin_nested()`): "
        "an `IntegrityError` says that there is one already. All that follows is in the same "
        "transaction.",
        "In the `except`, read the receipt of this guest and this key; if it was for something "
        "else, raise a 422, or else return its order. Otherwise sell, and write the order's id "
        "into the receipt. The COMMIT comes with the function's scope.",
    ),
    draw=draw_desk,
    observe=observe_add_orders,
    judge=judge_add_orders,
    elsewhere=Elsewhere(observe_add_orders, "in some orders of two requests' steps"),
)
