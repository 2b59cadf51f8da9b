"""ch02-ex1: a purchase in one piece."""

import builtins
from collections.abc import Iterable, Iterator
from typing import Any

import sqlalchemy.exc
import sqlalchemy.orm.exc

from course.checking.exercise import Broken, Elsewhere, Exercise, Finding, Nothing, Star
from course.checks.ch02_sync_sessionmaker.evening import Evening, draw_evening, new_in, rewritten_in
from course.checks.ch02_sync_sessionmaker.sell_seen import observe_sell
from course.checks.ch02_sync_sessionmaker.watched import why_interrupted

LOCK_THE_DATABASE = (
    "take the write lock before you read. (`with_for_update` locks a row on other databases; on "
    "SQLite SQLAlchemy leaves it out.)"
)
LOCK_THE_ROW = (
    "lock the row when you read it, `with_for_update`: a write lock on the whole is SQLite's."
)
# An error of these names is a slip of the pen, not a refusal.
SLIPS = ("NameError", "UnboundLocalError", "AttributeError", "TypeError", "SyntaxError")
TAKEN = {"taken": "one was taken", "own": "one was taken, by an order of the same guest"}
ASKED = {
    "empty": "An empty list of seats was asked for",
    "twice": "The seats {seats} were asked for, where one seat stands twice",
    "elsewhere": "The seats {seats} were asked for, one of which belongs to another show",
    "all elsewhere": "The seats {seats} were asked for, all of another show",
    "unknown": "The seats {seats} were asked for, and the theatre has no seat 999",
}


def judge_sell(evening: Evening, seen: dict[str, Any]) -> Iterable[Finding]:
    quiet = seen["quiet"]
    reason = why_interrupted(quiet, "sell")
    if reason and not quiet["changes"]:
        yield Nothing(reason)
        return
    message = _why_not_whole(evening, quiet, reason) or _why_not_further(evening, seen)
    if message:
        yield Broken("whole", message)
    yield from _judge_changes(quiet)
    for name, words in TAKEN.items():
        when = f"Of the seats {list(evening.forms[name])} {words}"
        if message := _why_not_refused(evening, seen["forms"][name], when):
            yield Broken("refused", message)
            break
    for name, words in ASKED.items():
        when = words.format(seats=list(evening.forms[name]))
        if message := _why_not_refused(evening, seen["forms"][name], when, slip=True):
            yield Broken("asked", message)
            break
    yield from _judge_late(evening, seen["late"])
    yield from _judge_beside(evening, quiet, seen["beside"], seen["elsewhere"])
    yield from _judge_held(seen)
    yield from _judge_words(seen)


def _why_not_whole(evening: Evening, quiet: dict[str, Any], reason: str | None) -> str | None:
    new, total, size = new_in(evening, quiet["books"]), evening.total, len(evening.wanted)
    orders, value = new["orders"], quiet["value"]
    if reason:
        return f"The sale was committed, and then {reason}"
    if not orders and value in evening.sold:
        return f"sell returned {value!r}, an order that was there before; a new one is due."
    if not orders:
        return (
            f"sell returned {value!r}, and no new order is in the database: none was added, or "
            "what was sent was taken back. A flush sends rows and brings ids; only a commit makes "
            "them stay."
        )
    if len(orders) > 1 or orders[0][1:3] != [evening.show_id, evening.guest_id]:
        return (
            f"One order for show {evening.show_id}, of guest {evening.guest_id}, is due; new in "
            f"the table are (id, show, guest, cents) {orders}."
        )
    order_id, *_, cents = orders[0]
    if cents != total:
        prices = ", ".join(str(evening.prices[seat]) for seat in evening.wanted)
        return (
            f"The order is over {cents} cents. Its seats cost {prices}, {total} in all: each seat "
            "has a price of its own, in Seat.price_cents."
        )
    if sorted(new["tickets"]) != sorted([order_id, seat] for seat in evening.wanted):
        return (
            f"Tickets of order {order_id} are due for the seats {list(evening.wanted)}; new in the "
            f"table are (order, seat) {new['tickets']}."
        )
    if value != order_id or isinstance(value, bool):
        return f"sell returned {value!r}; the order's id is {order_id}."
    if len(new["ledger"]) > 1:
        cents = ", ".join(str(cents) for _, cents in new["ledger"])
        return (
            f"The ledger has {len(new['ledger'])} lines for this order, over {cents} cents. One "
            f"purchase is one line, with the sum of {total}: Ines compares it with one receipt."
        )
    if new["ledger"] != [[order_id, total]]:
        return (
            f"A line in the ledger is due, (order, cents) {[order_id, total]}; there is "
            f"{new['ledger'] or 'none'}."
        )
    if new["count"] != size or new["other count"]:
        return (
            f"{size} seats of show {evening.show_id} were sold. Its count rose by {new['count']}, "
            f"and the one of another show by {new['other count']}."
        )
    if changed := rewritten_in(evening, quiet["books"]):
        return f"A sale touches no other order: {changed}."
    return None


def _why_not_further(evening: Evening, seen: dict[str, Any]) -> str | None:
    """Say what is wrong with the sale of one seat, or of many after a refusal."""
    sales = (
        ("one", evening.one_seat(), "One seat was asked for alone, one that costs nothing."),
        (
            "again",
            evening.many_seats(),
            f"{len(evening.many)} seats were asked for together with one that was taken, then "
            "without it, and in between one got another price.",
        ),
    )
    # What is sold in place of a refusal cannot be asked for again.
    refused = seen["forms"]["taken"]["ended"] == "raised"
    for name, later, when in sales[: 1 + refused]:
        reason = why_interrupted(seen[name], "sell")
        told = None if reason else _why_not_whole(later, seen[name], None)
        if reason or told:
            return f"{when} {reason or told}"
    return None


def _judge_changes(quiet: dict[str, Any]) -> Iterator[Broken]:
    if quiet["changes"] == 0:
        yield Broken("commit", "Nothing was committed, so nothing of a sale is there for others.")
    elif quiet["changes"] > 1:
        yield Broken(
            "commit",
            f"One purchase was committed in {quiet['changes']} parts, each of which others saw for "
            "itself. Whatever fails between two of them leaves half a purchase behind.",
        )


def _why_not_refused(
    evening: Evening, seen: dict[str, Any], when: str, came: bool = False, slip: bool = False
) -> str | None:
    """Say what is wrong with a refusal; a `slip` of the pen is one where it says so."""
    new = new_in(evening, seen["books"], came)
    names = {"orders": "order", "tickets": "ticket", "ledger": "ledger line"}
    left = [
        f"{len(new[of])} {name}{'s' * (len(new[of]) > 1)}" for of, name in names.items() if new[of]
    ]
    if new["count"] or new["other count"]:
        left.append(f"a count that is off by {new['count'] or new['other count']}")
    if left and seen["ended"] == "returned":
        return (
            f"{when}, and sell returned {seen['value']!r}: it was sold all the same. In the books "
            f"there is now: {', '.join(left)}."
        )
    if left:
        return (
            f"{when}, and of the refused order this stayed behind: {', '.join(left)}. "
            "All of it belongs in one transaction, and the error has to leave it."
        )
    if seen["ended"] == "returned":
        return f"{when}, and sell returned {seen['value']!r}. The caller must hear an error."
    if seen["ended"] != "raised":
        return why_interrupted(seen, "sell")
    if seen["error"].partition(":")[0] in SLIPS and not slip:
        return f"{when}, and sell raised {seen['error']}."
    return None


def _judge_late(evening: Evening, runs: list[dict[str, Any]]) -> Iterator[Broken]:
    for seen in runs:
        when = (
            f"Another clerk sold seat {evening.late} right before your `{seen['came']} …` "
            f"(you were asked for {list(evening.wanted)})"
        )
        if seen["came"] and (message := _why_not_refused(evening, seen, when, came=True)):
            yield Broken(
                "race",
                f"{message} What was looked up before is old by then; the unique constraint on "
                "Ticket.seat_id is not.",
            )
            return


def _judge_beside(
    evening: Evening, quiet: dict[str, Any], runs: list[dict[str, Any]], elsewhere: bool
) -> Iterator[Broken]:
    """Judge each sale beside another one; what the quiet one did not count, nobody asks here."""
    cure = LOCK_THE_ROW if elsewhere else LOCK_THE_DATABASE
    quietly = new_in(evening, quiet["books"])
    due = quietly["count"]
    if not quietly["orders"]:
        return
    for seen in (run for run in runs if run["came"]):
        new = new_in(evening, seen["books"], came=True)
        sold = bool(new["orders"])
        if new["count"] == (due if sold else 0):
            continue
        counts = dict(seen["books"]["counts"])
        why = ""
        if sold and due > 1 and new["count"] == due - 1:  # no more than his seat is missing
            why = ": a count that was read earlier was written over the other one's"
        elif sold and due > 1 and not new["count"]:
            why = (
                ": his seat is counted and yours are not. An UPDATE that compares with a count "
                "read earlier finds no row then; its rowcount alone says so"
            )
        yield Broken(
            "clerks",
            f"Another clerk sold seat {evening.beside} of the same show right before your "
            f"`{seen['came']} …`. In the end the show counts {counts[evening.show_id]} "
            f"sold, and {counts[evening.show_id] - new['count'] + due * sold} is right{why}. Let "
            f"the database add, in the UPDATE, or {cure}",
        )
        return


def _judge_held(seen: dict[str, Any]) -> Iterator[Broken]:
    if held := seen["quiet"]["held"]:
        yield Broken(
            "returned",
            f"After a sale pool.checkedout() is {held}: so many connections are missing in the "
            "pool. A session that was not closed keeps its own, and one that is used again after "
            "its close takes another.",
        )
        return
    for refused in (*seen["forms"].values(), seen["stranger"], *seen["late"], *seen["beside"]):
        if refused["held"]:
            when = "a refusal" if refused["ended"] == "raised" else "a call that returned"
            yield Broken(
                "returned",
                f"After {when} pool.checkedout() is {refused['held']}: what took a connection "
                "still holds it. Close it on every way out; a `with` block does.",
            )
            return


def _judge_words(seen: dict[str, Any]) -> Iterator[Star]:
    refused = [seen["forms"]["taken"], *(run for run in seen["late"] if run["came"])]
    names = {run["error"].partition(":")[0] for run in refused}
    name = names.pop()
    of_sqlalchemy = hasattr(sqlalchemy.exc, name) or hasattr(sqlalchemy.orm.exc, name)
    plain = hasattr(builtins, name) and name in (*SLIPS, "Exception", "")
    # For a guest whom nobody knows, a seat that is taken is no answer.
    for_all = seen["stranger"]["error"].partition(":")[0] == name
    if not names and name and not of_sqlalchemy and not plain and not for_all:
        yield Star(
            f"Too late by an hour or by a moment, the caller hears the same {name}, an error "
            "in the words of the box office, and needs to know nothing of the database."
        )


SELL = Exercise(
    id="ch02-ex1",
    title="An order form is stamped whole",
    objectives=("connect", "factory", "commit"),
    answers=("sell",),
    promises={
        "whole": "order, tickets, ledger and count belong together, and the id comes back",
        "commit": "one purchase becomes true at one moment",
        "refused": "a seat that is taken refuses all of it, with an error",
        "asked": "so does a list that is empty, or names a seat twice, or one of another show",
        "race": "so does a seat that is taken in the last moment",
        "clerks": "a clerk who sells at the same time is counted as well",
        "returned": "the connection goes back, sold or not",
    },
    hints=(
        "Which block commits at its end, rolls back when an error leaves it, and closes the "
        "session in both cases?",
        "with NewSession.begin() as session: … Inside: read the prices of the seats *of this "
        "show*, refuse when there are fewer than you were asked for, add the order with its "
        "tickets, flush to get the id, add the ledger line. Then return the id, still inside.",
        "Ticket.seat_id is unique, so the database refuses a second ticket for a seat. Do not "
        "catch its IntegrityError, or raise an error of your own in its place.",
        "For the count: update(Show).where(…).values(sold=Show.sold + n) lets the database add to "
        "what is there at that moment.",
    ),
    draw=draw_evening,
    observe=observe_sell,
    judge=judge_sell,
    elsewhere=Elsewhere(
        observe_sell, "also where another clerk sells between two statements", driver="psycopg"
    ),
)
