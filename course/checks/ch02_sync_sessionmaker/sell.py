"""ch02-ex1: a purchase in one piece."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import sessionmaker

from course.checking.attempts import attempt_sync
from course.checking.exercise import Broken, Exercise, Finding, Nothing, Star
from course.checks.ch02_sync_sessionmaker.watched import (
    LONG,
    WatchedDatabase,
    before_insert,
    plainly,
    why_interrupted,
)
from lantern.theatre import (
    LedgerEntry,
    Order,
    Seat,
    Show,
    Ticket,
    audit,
    make_engine,
)

WANTED = (4, 6, 8)
TAKEN = 5
PRICE = 2500
# What the seats wanted cost; a price for all of them would be wrong.
PRICES = {4: PRICE, 6: 3000, 8: 4000}
RIVAL = (
    "INSERT OR IGNORE INTO orders (id, show_id, guest_id, total_cents, created) "
    "VALUES (900, 1, 4, 2500, '2027-03-01 10:00:00')",
    "INSERT OR IGNORE INTO tickets (id, order_id, seat_id) VALUES (900, 900, 8)",
)


async def observe_sell(case: None, sell: Any) -> dict[str, Any]:
    """Sell three free seats; three of which one is taken; three that a rival wants as well."""
    sold = WatchedDatabase()
    with sessionmaker(sold.engine).begin() as session:
        for seat_id, price_cents in PRICES.items():
            session.execute(update(Seat).where(Seat.id == seat_id).values(price_cents=price_cents))
    with sold.open():
        outcome = attempt_sync(lambda: sell(sold.Session, 1, 2, list(WANTED)), LONG)
        held = sold.held
    sold.close_sessions()
    seen = {
        "sold": plainly(outcome, sold.refusal),
        "held": held,
        "commits": sold.commits,
        "rows": _sales(sold),
        "audit": await _audited(sold),
    }
    sold.engine.dispose()
    return {**seen, "taken": _refused(sell), "race": _refused(sell, rival=True)}


def _refused(sell: Any, rival: bool = False) -> dict[str, Any]:
    """Try to sell a form with a seat that is taken, before or in the very moment."""
    watched = WatchedDatabase()
    with sessionmaker(watched.engine).begin() as session:
        show = session.get_one(Show, 1)
        show.sold = 1
        order = Order(show=show, guest_id=4, total_cents=PRICE, tickets=[Ticket(seat_id=TAKEN)])
        session.add(order)
        session.flush()
        session.add(LedgerEntry(order_id=order.id, amount_cents=PRICE))
    before = _sales(watched)
    seats = list(WANTED) if rival else [4, 6, TAKEN]
    with watched.open(), before_insert(watched.engine, "tickets", RIVAL if rival else ()):
        outcome = attempt_sync(lambda: sell(watched.Session, 1, 2, seats), LONG)
        held = watched.held
    watched.close_sessions()
    after = _sales(watched)
    watched.engine.dispose()
    seen = plainly(outcome, watched.refusal)
    return {**seen, "held": held, "before": before, "after": after}


def _sales(watched: WatchedDatabase) -> dict[str, Any]:
    """Return what is in the books: orders, the seats on their tickets, ledger and count."""
    orders = select(Order.id, Order.guest_id, Order.total_cents).order_by(Order.id)
    return {
        "orders": watched.read(orders),
        "seats": [row[0] for row in watched.read(select(Ticket.seat_id).order_by(Ticket.seat_id))],
        "ledger": watched.read(
            select(LedgerEntry.order_id, LedgerEntry.amount_cents).order_by(LedgerEntry.id)
        ),
        "count": watched.read(select(Show.sold))[0][0],
    }


async def _audited(watched: WatchedDatabase) -> list[str]:
    engine = make_engine(watched.engine.url.set(drivername="sqlite+aiosqlite"))
    try:
        report = await audit(engine)
    finally:
        await engine.dispose()
    return [str(finding) for finding in report.findings if finding.broken_by]


def judge_sell(case: None, seen: dict[str, Any]) -> Iterable[Finding]:
    if (reason := why_interrupted(seen["sold"], "sell")) and not seen["commits"]:
        yield Nothing(reason)
        return
    yield from _judge_books(seen, reason)
    yield from _judge_commits(seen)
    for name, promise in (("taken", "refused"), ("race", "race")):
        if message := _why_not_refused(seen[name], promise):
            yield Broken(promise, message)
    yield from _judge_held(seen)
    errors = [seen[name]["error"].partition(":")[0] for name in ("taken", "race")]
    if errors[0] == errors[1] and errors[0] not in SQLALCHEMY:
        yield Star(
            f"Too late by an hour or by a moment, the caller hears the same {errors[0]}, an error "
            "in the words of the box office, and needs to know nothing of the database."
        )


# An error of these names tells the caller about the database, not about the sale.
SQLALCHEMY = {"IntegrityError", "OperationalError", "PendingRollbackError", "StatementError", ""}


def _judge_books(seen: dict[str, Any], reason: str | None) -> Iterable[Broken]:
    rows, outcome = seen["rows"], seen["sold"]
    total = sum(PRICES.values())
    if reason:
        hint = (
            " After a commit the session forgets what its objects held, and a closed session "
            "cannot read it again: take the id before the commit."
            if "DetachedInstanceError" in reason
            else ""
        )
        yield Broken("whole", f"The sale was committed, and then {reason}{hint}")
    elif not rows["orders"]:
        yield Broken(
            "whole",
            f"sell returned {outcome['value']!r}, and no order is in the database. A flush sends "
            "rows and brings ids; only a commit makes them stay.",
        )
    elif len(rows["orders"]) == 1 and rows["orders"][0][1] == 2 and rows["orders"][0][2] != total:
        yield Broken(
            "whole",
            f"The order is over {rows['orders'][0][2]} cents. Its seats cost "
            f"{', '.join(map(str, PRICES.values()))}, {total} in all: each seat has a price of its "
            "own, in Seat.price_cents.",
        )
    elif len(rows["orders"]) != 1 or rows["orders"][0][1:] != [2, total]:
        yield Broken(
            "whole",
            f"One order of guest 2 over {total} cents is due; the table holds "
            f"(id, guest, cents) {rows['orders']}.",
        )
    elif rows["seats"] != list(WANTED):
        yield Broken(
            "whole", f"Tickets are due for the seats {list(WANTED)}; there are {rows['seats']}."
        )
    elif outcome["value"] != rows["orders"][0][0]:
        yield Broken(
            "whole",
            f"sell returned {outcome['value']!r}; the order's id is {rows['orders'][0][0]}.",
        )
    elif len(rows["ledger"]) > 1:
        yield Broken(
            "whole",
            f"The ledger has {len(rows['ledger'])} lines for this order, over "
            f"{', '.join(str(cents) for _, cents in rows['ledger'])} cents. One purchase is one "
            f"line, with the sum of {total}: Ines compares it with one receipt.",
        )
    elif seen["audit"]:
        yield Broken(
            "whole", f"The seats are sold, and Ines's audit says: {'; '.join(seen['audit'])}."
        )
    elif not rows["ledger"]:
        yield Broken("whole", "The ledger has no line for this order.")


def _judge_commits(seen: dict[str, Any]) -> Iterable[Broken]:
    if seen["commits"] == 0:
        yield Broken("commit", "No COMMIT was sent: when the session closes, all of it is gone.")
    elif seen["commits"] > 1:
        left = len(seen["taken"]["after"]["seats"]) - len(seen["taken"]["before"]["seats"])
        after = (
            f" When the third seat was taken, {left} seats were sold although the order failed."
            if left > 0
            else ""
        )
        yield Broken(
            "commit",
            f"{seen['commits']} COMMITs were sent for one purchase. Whatever fails between two of "
            f"them leaves half a purchase behind.{after}",
        )


def _why_not_refused(seen: dict[str, Any], promise: str) -> str | None:
    before, after = seen["before"], seen["after"]
    when = (
        f"Another buyer took seat 8 in the moment before your INSERT into tickets, when whatever "
        f"you had looked up was old (these were {list(WANTED)})"
        if promise == "race"
        else f"Of the seats 4, 6 and {TAKEN} the last one was taken"
    )
    # The rival's own rows do not count; they went with the transaction, or stayed with it.
    theirs = {"orders": 900, "seats": 8} if promise == "race" else {}
    mine = {
        "orders": [o for o in after["orders"] if o not in before["orders"] and o[0] != 900],
        "seats": [
            s for s in after["seats"] if s not in before["seats"] and s != theirs.get("seats")
        ],
        "ledger": after["ledger"][len(before["ledger"]) :],
    }
    names = {"orders": "order", "seats": "ticket", "ledger": "ledger line"}
    left = [f"{len(rows)} {names[of]}{'s' * (len(rows) > 1)}" for of, rows in mine.items() if rows]
    if after["count"] != before["count"]:
        left.append(f"a count of {after['count']} instead of {before['count']}")
    if left:
        return (
            f"{when}, and of the refused order this stayed behind: {', '.join(left)}. "
            "All of it belongs in one transaction, and the error has to leave it."
        )
    if seen["ended"] == "returned":
        cure = (
            " A look beforehand cannot see what happens afterwards: let the unique constraint "
            "speak, and let its error out."
            if promise == "race"
            else " The caller must hear of it: raise an error."
        )
        return f"{when}, and sell returned {seen['value']!r} as if it had been sold.{cure}"
    if seen["ended"] != "raised":
        return why_interrupted(seen, "sell")
    if "TypeError" in seen["error"] or "NameError" in seen["error"]:
        return f"{when}, and sell raised {seen['error']}."
    return None


def _judge_held(seen: dict[str, Any]) -> Iterable[Broken]:
    if seen["held"]:
        yield Broken(
            "returned",
            f"After a sale pool.checkedout() is {seen['held']}: the session was never closed, and "
            "its connection is missing in the pool.",
        )
        return
    for case in ("taken", "race"):
        if seen[case]["held"]:
            yield Broken(
                "returned",
                f"After a refusal pool.checkedout() is {seen[case]['held']}: the session still "
                "holds its connection, in a transaction that failed. Close it on the way out "
                "too; a `with` block does.",
            )
            return


SELL = Exercise(
    id="ch02-ex1",
    title="An order form is stamped whole",
    objectives=("connect", "factory", "commit"),
    answers=("sell",),
    promises={
        "whole": "order, tickets, ledger and count belong together, and the id comes back",
        "commit": "one purchase is one COMMIT",
        "refused": "a seat that is taken refuses all of it, with an error",
        "race": "so does a seat that is taken in the last moment",
        "returned": "the connection goes back, sold or not",
    },
    hints=(
        "Which block commits at its end, rolls back when an error leaves it, and closes the "
        "session in both cases?",
        "with Session.begin() as session: … Inside: read the seats, add the order with its "
        "tickets, flush to get the id, add the ledger line, raise the count. Then return the id, "
        "still inside the block.",
        "Ticket.seat_id is unique, so the database refuses a second ticket for a seat. Do not "
        "catch its IntegrityError, or raise an error of your own in its place.",
    ),
    observe=observe_sell,
    judge=judge_sell,
)
