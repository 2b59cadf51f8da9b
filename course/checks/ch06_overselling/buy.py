"""ch06-ex1: a purchase that sells no place twice, in whatever order two or three guests come."""

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

from course.checking.attempts import interruption
from course.checking.exercise import Broken, Elsewhere, Exercise, Finding, Nothing, Plain, Unseen
from course.checks.ch06_overselling.buy_seen import (
    QUESTIONS,
    Sale,
    draw_sale,
    observe_buy,
    observe_buy_elsewhere,
)
from course.checks.ch06_overselling.every_order import (
    NAMES,
    broken_by,
    judge_apart,
    judge_ends,
    why_locked,
    why_no_proof,
    why_not_explored,
)
from course.checks.ch06_overselling.meanwhile import on_postgresql
from lantern.steps import LETTERS

ALONE = "buy, as if each guest had a process of its own,"


def judge_buy(case: Sale, seen: dict[str, Any]) -> Iterable[Finding]:
    for question in QUESTIONS:
        if question not in seen:
            break
        if reason := why_not_explored(seen[question], "buy"):
            yield Nothing(reason)
            return
        if question == "alone" and (reason := interruption(_only(seen[question]), "buy")):
            yield Nothing(reason)
            return
    broken = list(_judge_here(case, seen))
    yield from broken
    if seen["apart"] and broken:
        yield Unseen("processes")
    elif seen["apart"]:
        broken = list(judge_apart(seen["apart"], ALONE, partial(_wrong_apart, case)))
        yield from broken
    if broken or seen["meanwhile"] is None:
        yield Unseen("postgresql")
    else:
        wrong = partial(_wrong_meanwhile, case)
        yield from judge_ends("postgresql", seen["meanwhile"], wrong, on_postgresql)


def _judge_here(case: Sale, seen: Plain) -> Iterator[Broken]:
    for question, (_, left) in QUESTIONS.items():
        if question not in seen:
            return
        for end in seen[question]["ends"]:
            yield from _judge_end(case, left, end, seen)
        if question == "two" and (reason := why_no_proof(seen["two"], "buy, by two guests,")):
            yield Broken("seats", reason)


def _only(explored: Plain) -> Plain:
    return explored["ends"][0]["outcomes"][0]  # type: ignore[no-any-return]


def _judge_end(case: Sale, left: int, end: Plain, seen: Plain) -> Iterator[Broken]:
    oversold = _oversold(case, left, end)
    if oversold:
        yield broken_by("seats", oversold, end)
    elif wrong := _wrong_rows(case, end):
        yield broken_by("rows", wrong, end)
    if refused := _refused(case, end, seen["locks"]):
        yield broken_by("served", refused, end)


def _tickets(case: Sale, end: Plain) -> int:
    return sum(tickets for _, show, _, tickets in end["left"]["orders"] if show == case.show)


def _taken(case: Sale, end: Plain) -> int:
    """Return how many places are gone, by the tickets or by `sold`, whichever says more."""
    sold = dict(map(tuple, end["left"]["sold"]))
    taken: int = max(_tickets(case, end), sold[case.show])
    return taken


def _oversold(case: Sale, left: int, end: Plain) -> str:
    more = _tickets(case, end) - case.capacity
    if more <= 0:
        return ""
    count = len(end["outcomes"])
    guests = ("No guest", "One guest", "Two guests", "Three guests")[count]
    places = ("no place", "one place", "two places")[left]
    tickets = left + more
    return (
        f"{guests} came and {places} {'were' if left == 2 else 'was'} left: {tickets} "
        f"{'ticket was' if tickets == 1 else 'tickets were'} handed out."
    )


def _refused(case: Sale, end: Plain, locks_rows: bool) -> str:
    """Say who was not served as he should have been: by an error, or by a None beside a place."""
    for letter, name, outcome in zip(LETTERS, NAMES, end["outcomes"], strict=False):
        if reason := interruption(outcome, f"{name}'s purchase"):
            return reason + why_locked(end, letter, locks_rows)
        if outcome["ended"] == "never":
            return f"{name}'s purchase never ends: {outcome['error']}."
        if outcome["value"] is None and _taken(case, end) < case.capacity:
            return f"{name} was told None, sold out, and a place is left."
    return ""


def _wrong_rows(case: Sale, end: Plain) -> str:
    """Say what is in the tables that should not be, or what is missing, as far as it is told."""
    left, rows = end["left"], end["left"]["orders"]
    for name, guest, outcome in zip(NAMES, case.guests, end["outcomes"], strict=False):
        own = [row for row in rows if row[2] == guest]
        if outcome["ended"] != "returned" or outcome["value"] is None:
            if own:
                got = "None" if outcome["ended"] == "returned" else "an error"
                return f"{name} got {got}, and this guest has an order, with {own[0][3]} tickets."
            continue
        value = outcome["value"]
        if not isinstance(value, dict) or "order" not in value:
            return f"buy returned {value!r} in place of the Order, or None."
        if own != [[value["order"], case.show, guest, 1]]:
            found = [f"order {one} for show {show}, tickets: {n}" for one, show, _, n in own]
            return (
                f"{name}, guest {guest}, was sold order {value['order']} for show {case.show}, "
                f"with one ticket; of this guest there is {', '.join(found) or 'no order at all'}."
            )
    for order, cents in left["priced"]:
        return f"Order {order} says {cents} cents; standing room costs nothing here."
    sold = dict(map(tuple, left["sold"]))
    if sold.get(case.show) != _tickets(case, end):
        return (
            f"`sold` of the show says {sold.get(case.show)}, and there are "
            f"{_tickets(case, end)} tickets for it."
        )
    others = [row for row in rows if row[2] == case.earlier and row[1] == case.other]
    if sold.get(case.other) != 2 or len(others) != 2:
        return f"A show that nobody asked for says {sold.get(case.other)} sold in place of 2."
    return ""


def _wrong_apart(case: Sale, end: Plain) -> Iterator[str]:
    if told := _oversold(case, 1, end) or _refused(case, end, False):
        yield told


def _wrong_meanwhile(case: Sale, end: Plain) -> Iterator[str]:
    yield from _wrong_apart(case, end)
    if told := _wrong_rows(case, end):
        yield told


BUY = Exercise(
    id="ch06-ex1",
    title="The last place",
    objectives=("orders", "atomic"),
    answers=("buy",),
    promises={
        "seats": "in every order of the steps of two guests there are no more tickets than places, "
        "nor in thirty orders of three",
        "served": "whoever can have a place gets one, and everybody else None: nobody gets an "
        "error, in no order",
        "rows": "an order that was returned is stored with one ticket, `sold` counts the tickets, "
        "and nothing else is changed",
        "processes": "it holds as well when each guest is served by a process of its own",
        "postgresql": "it does not rest on SQLite's one place for a writer, which PostgreSQL has "
        "not",
    },
    hints=(
        "What a guest has seen is out of date as soon as another one goes on. Which statement "
        "could look and write at once?",
        "An UPDATE has a WHERE, and its result a `rowcount`: how many rows there were for it.",
        "`update(Show).where(Show.id == show_id, Show.sold < Show.capacity)` first; where it found "
        "no row, return None; then add the order, in the same transaction.",
    ),
    draw=draw_sale,
    observe=observe_buy,
    judge=judge_buy,
    elsewhere=Elsewhere(observe_buy_elsewhere, "in some orders of two guests' steps"),
)
