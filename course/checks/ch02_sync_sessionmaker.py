"""Chapter 2: a purchase in one piece, an import with savepoints, states, and a small pool."""

import asyncio
import re
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from anyio.to_thread import current_default_thread_limiter
from sqlalchemy import Engine, Select, event, select, update
from sqlalchemy.orm import Session, sessionmaker

from course.exercise import Broken, Exercise, Star
from course.observation import Outcome, attempt_sync, describe, interruption
from lantern import (
    Guest,
    LedgerEntry,
    Order,
    Seat,
    Show,
    Ticket,
    audit,
    client,
    count_sql,
    lifespan,
    make_engine,
    make_sync_engine,
    seed_sync,
    state_of,
)

# --- what ch02-ex1 and ch02-ex2 look through ------------------------------------------------

LONG = 30.0  # seconds for a call that writes hundreds of rows, on a busy machine


class Counter:
    """An engine on a new database, the sessions that were made on it, and what they sent."""

    def __init__(self, capacity: int = 12) -> None:
        self.engine = make_sync_engine()
        # Nobody else writes here: who waits for a lock waits for himself, and need not wait long.
        event.listen(self.engine, "connect", lambda c, _: c.execute("PRAGMA busy_timeout=200"))
        seed_sync(self.engine, capacity)
        # A session that nobody closed is kept, so that no garbage collection can hide it.
        self.sessions: list[Session] = []
        self.commits = self.asked = self.savepoints = 0
        self.refusal = ""
        sessions = self.sessions

        class Kept(Session):
            def __init__(self, *args: Any, **options: Any) -> None:
                super().__init__(*args, **options)
                sessions.append(self)

        self.Session = sessionmaker(self.engine, class_=Kept)

    @property
    def held(self) -> int:
        """Connections that are in use now."""
        return self.engine.pool.checkedout()

    @contextmanager
    def open(self) -> Iterator[None]:
        """Count COMMITs and savepoints while the block runs, and note what was refused last."""
        listeners = (
            (self.engine, "commit", self._commit),
            (self.engine, "savepoint", self._savepoint),
            (self.engine, "handle_error", self._handle_error),
            (self.Session, "before_commit", self._before_commit),
        )
        for listener in listeners:
            event.listen(*listener)
        try:
            yield
        finally:
            for listener in listeners:
                event.remove(*listener)

    def _commit(self, connection: Any) -> None:
        self.commits += 1

    def _savepoint(self, connection: Any, name: Any) -> None:
        self.savepoints += 1

    def _handle_error(self, context: Any) -> None:
        self.refusal = str(context.original_exception)

    def _before_commit(self, session: Session) -> None:
        # Also called at the end of a savepoint, where nobody asks for a COMMIT.
        self.asked += not session.in_nested_transaction()

    def close_sessions(self) -> None:
        """Roll back and close what was left open, so that the rows can be read."""
        for session in self.sessions:
            session.close()

    def read(self, statement: Select) -> list[Any]:
        """Return rows of the database as plain lists, as another program would see them."""
        with self.engine.connect() as connection:
            return [list(row) for row in connection.execute(statement)]


def _plainly(outcome: Outcome, refusal: str = "") -> dict[str, Any]:
    value = outcome.value
    if not isinstance(value, int | str | None):
        value = repr(value) if isinstance(value, list | tuple) else type(value).__name__
    return {**outcome.as_dict(), "value": value, "refusal": refusal}


def _interruption(outcome: dict[str, Any], name: str) -> str | None:
    if outcome["ended"] == "stuck":
        return (
            f"{name} had not returned after {LONG:.0f} s. Is there a loop that never ends, or does "
            "it wait for a lock that it holds itself?"
        )
    reason = interruption(outcome, name)
    if reason and "database is locked" in reason:
        reason += (
            " One session held the write lock, and another one of yours waited for it: whatever "
            "belongs together belongs in one session."
        )
    if reason and "Query-invoked autoflush" in reason:
        # The first line of this error does not say which column it is about.
        reason += f" The database said: {outcome['refusal']}."
    if reason and re.search(r"NOT NULL constraint failed: \w+\.order_id", reason):
        reason += " order.id is None until the flush."
    return reason


@contextmanager
def _before_insert(
    engine: Engine, table: str, meanwhile: tuple[str, ...], about: str = ""
) -> Iterator[None]:
    """Let somebody else write right before each INSERT into a table that is about this value.

    SQLite has one writer at a time, so the other's rows come through the same connection. To
    the code under test they are what another transaction committed a moment ago. A rollback
    takes them back too; the next transaction finds them again, and then for good.
    """
    came = False

    def put(connection: sqlite3.Connection) -> None:
        other = connection.cursor()
        for line in meanwhile:
            other.execute(line)
        other.close()

    def write(connection: Any, cursor: Any, statement: str, values: Any, *_: Any) -> None:
        nonlocal came
        insert = re.match(rf"\s*INSERT\b.*\bINTO {table}\b", statement, re.IGNORECASE)
        if insert and about in str(values):
            came = True
            put(cursor.connection)

    def stay(connection: Any) -> None:
        nonlocal came
        if came:
            came = False
            # Before the BEGIN each line commits itself, unless another session is writing.
            with suppress(sqlite3.OperationalError):
                put(connection.connection.dbapi_connection)

    event.listen(engine, "before_cursor_execute", write)
    event.listen(engine, "begin", stay, insert=True)
    try:
        yield
    finally:
        event.remove(engine, "before_cursor_execute", write)
        event.remove(engine, "begin", stay)


# --- ch02-ex1: sell -------------------------------------------------------------------------

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


async def observe_sell(sell: Any) -> dict[str, Any]:
    """Sell three free seats; three of which one is taken; three that a rival wants as well."""
    sold = Counter()
    with sessionmaker(sold.engine).begin() as session:
        for seat_id, price_cents in PRICES.items():
            session.execute(update(Seat).where(Seat.id == seat_id).values(price_cents=price_cents))
    with sold.open():
        outcome = attempt_sync(lambda: sell(sold.Session, 1, 2, list(WANTED)), LONG)
        held = sold.held
    sold.close_sessions()
    seen = {
        "sold": _plainly(outcome, sold.refusal),
        "held": held,
        "commits": sold.commits,
        "rows": _sales(sold),
        "audit": await _audited(sold),
    }
    sold.engine.dispose()
    return {**seen, "taken": _refused(sell), "race": _refused(sell, rival=True)}


def _refused(sell: Any, rival: bool = False) -> dict[str, Any]:
    """Try to sell a form with a seat that is taken, before or in the very moment."""
    counter = Counter()
    with sessionmaker(counter.engine).begin() as session:
        show = session.get_one(Show, 1)
        show.sold = 1
        order = Order(show=show, guest_id=4, total_cents=PRICE, tickets=[Ticket(seat_id=TAKEN)])
        session.add(order)
        session.flush()
        session.add(LedgerEntry(order_id=order.id, amount_cents=PRICE))
    before = _sales(counter)
    seats = list(WANTED) if rival else [4, 6, TAKEN]
    with counter.open(), _before_insert(counter.engine, "tickets", RIVAL if rival else ()):
        outcome = attempt_sync(lambda: sell(counter.Session, 1, 2, seats), LONG)
        held = counter.held
    counter.close_sessions()
    after = _sales(counter)
    counter.engine.dispose()
    seen = _plainly(outcome, counter.refusal)
    return {**seen, "held": held, "before": before, "after": after}


def _sales(counter: Counter) -> dict[str, Any]:
    """Return what is in the books: orders, the seats on their tickets, ledger and count."""
    orders = select(Order.id, Order.guest_id, Order.total_cents).order_by(Order.id)
    return {
        "orders": counter.read(orders),
        "seats": [row[0] for row in counter.read(select(Ticket.seat_id).order_by(Ticket.seat_id))],
        "ledger": counter.read(
            select(LedgerEntry.order_id, LedgerEntry.amount_cents).order_by(LedgerEntry.id)
        ),
        "count": counter.read(select(Show.sold))[0][0],
    }


async def _audited(counter: Counter) -> list[str]:
    engine = make_engine(counter.engine.url.set(drivername="sqlite+aiosqlite"))
    try:
        report = await audit(engine)
    finally:
        await engine.dispose()
    return [str(finding) for finding in report.findings if finding.broken_by]


def judge_sell(seen: dict[str, Any]) -> Iterable[Broken | Star]:
    if (reason := _interruption(seen["sold"], "sell")) and not seen["commits"]:
        for promise in SELL.promises:
            yield Broken(promise, reason)
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
        return _interruption(seen, "sell")
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

# --- ch02-ex2: import_guests ----------------------------------------------------------------

STAFF = ("mara@lantern.example", "teo@lantern.example", "ines@lantern.example")
FRESH = tuple(f"guest{number}@lantern.example" for number in range(480))
MEANWHILE = FRESH[300]
# 500 rows: every 30th a guest for the second time, and three who were there before.
LIST = tuple(
    email
    for number, fresh in enumerate(FRESH)
    for email in ((fresh, FRESH[number - 20]) if number % 30 == 29 else (fresh,))
)
LIST = LIST[:100] + STAFF[:2] + LIST[100:400] + STAFF[2:] + LIST[400:] + (FRESH[479],)
SHORT_LIST = LIST[300:350]
SIGNS_UP = (f"INSERT OR IGNORE INTO guests (id, email) VALUES (9000, '{MEANWHILE}')",)
FEW = 25  # statements for 500 rows; a list in batches stays below


async def observe_import_guests(import_guests: Any) -> dict[str, Any]:
    """Import 500 rows with duplicates; then again while a guest signs up at the website."""
    return {
        "quiet": _imported(import_guests, LIST),
        "meanwhile": _imported(import_guests, SHORT_LIST, SIGNS_UP),
    }


def _imported(
    import_guests: Any, rows: tuple[str, ...], meanwhile: tuple[str, ...] = ()
) -> dict[str, Any]:
    counter = Counter(capacity=1)
    with counter.open(), _before_insert(counter.engine, "guests", meanwhile, MEANWHILE):
        with count_sql(counter.engine) as statements:
            outcome = attempt_sync(lambda: import_guests(counter.Session, list(rows)), LONG)
        held = counter.held
    counter.close_sessions()
    emails = [row[0] for row in counter.read(select(Guest.email).order_by(Guest.id))]
    # The row of who signs up is the website's; it goes or stays with the savepoint around it.
    new = set(rows) - set(STAFF) - ({MEANWHILE} if meanwhile else set())
    ids = [row[0] for row in counter.read(select(Guest.id).where(Guest.email.in_(STAFF)))]
    counter.engine.dispose()
    return {
        **_plainly(outcome, counter.refusal),
        "pair": _pair(outcome.value),
        "commits": counter.commits,
        "asked": counter.asked,
        "savepoints": counter.savepoints,
        "held": held,
        "statements": len(statements),
        "selects": sum(s.lstrip().upper().startswith("SELECT") for s in statements),
        "new": len(new),
        "kept": len(new & set(emails)),
        "staff": sorted(ids) == [1, 2, 3],
    }


def _pair(value: Any) -> list[int] | None:
    if isinstance(value, tuple | list) and len(value) == 2:
        return [int(part) if isinstance(part, int) else -1 for part in value]
    return None


def judge_import_guests(seen: dict[str, Any]) -> Iterable[Broken | Star]:
    quiet, meanwhile = seen["quiet"], seen["meanwhile"]
    reason = _interruption(quiet, "import_guests")
    if quiet["ended"] not in ("returned", "raised"):
        for promise in IMPORT.promises:
            yield Broken(promise, str(reason))
        return
    if message := _why_nothing_stayed(quiet, reason):
        for promise in ("kept", "commit", "meanwhile", *(["counts"] if reason else [])):
            yield Broken(promise, message)
    yield from _judge_kept(quiet)
    new, old = len(FRESH), len(LIST) - len(FRESH)
    if quiet["pair"] is None:
        yield Broken(
            "counts", f"Return (added, skipped), two numbers; this was {quiet['value']!r}."
        )
    elif quiet["pair"] != [new, old]:
        yield Broken(
            "counts",
            f"The list has {new} new guests and {old} rows of guests known by then; import_guests "
            f"returned {tuple(quiet['pair'])}.",
        )
    if quiet["commits"] > 1:
        yield Broken(
            "commit",
            f"{quiet['commits']} COMMITs for one list: slow, and when it stops in the middle, "
            "nobody knows how far it came. A savepoint undoes one row without ending the "
            "transaction.",
        )
    if message := _why_lost_meanwhile(quiet, meanwhile):
        yield Broken("meanwhile", message)
    if quiet["held"] or meanwhile["held"]:
        yield Broken(
            "returned",
            "After the import pool.checkedout() is "
            f"{max(quiet['held'], meanwhile['held'])}: a session was never closed.",
        )
    if quiet["statements"] <= FEW:
        yield Star(
            f"{quiet['statements']} statement{'s' * (quiet['statements'] > 1)} for {len(LIST)} "
            "rows: no row costs one of its own."
        )


def _why_nothing_stayed(quiet: dict[str, Any], reason: str | None) -> str | None:
    """Say what ended the import, or that nobody asked for a COMMIT; None if neither is so."""
    if reason and "IntegrityError" in reason:
        outside = " The error came out of the inner block's end: catch it outside."
        return (
            f"One known guest ended it all: {reason}{outside * bool(quiet['savepoints'])} "
            f"{quiet['kept']} of {len(FRESH)} new guests were kept."
        )
    if not reason and not quiet["commits"] and not quiet["asked"]:
        return "No COMMIT was sent, so nothing of the list stayed."
    return reason


def _judge_kept(quiet: dict[str, Any]) -> Iterable[Broken]:
    kept, new = quiet["kept"], len(FRESH)
    if not quiet["staff"]:
        yield Broken(
            "kept",
            "Guests who were there before have another id now, and their orders point nowhere: "
            "skip them, do not replace them.",
        )
    elif kept == new:
        return
    elif kept == 0:
        yield Broken(
            "kept",
            f"0 of {new} new guests were kept. All rows failed together: is it one flush, or one "
            "commit, for the whole list?",
        )
    else:
        yield Broken(
            "kept",
            f"{kept} of {new} new guests were kept. session.rollback() takes back everything since "
            "the last commit, not the last row alone: give each risky row a savepoint.",
        )


def _why_lost_meanwhile(quiet: dict[str, Any], meanwhile: dict[str, Any]) -> str | None:
    reason = _interruption(meanwhile, "import_guests")
    selects = f"{quiet['selects']} SELECT{'s' * (quiet['selects'] > 1)}"
    looked = (
        f" {selects}, and still a race on a database with more than one writer: what was "
        "looked up can be old when the INSERT runs."
        if quiet["selects"]
        else ""
    )
    if reason:
        return f"While the list was read, a guest of it signed up at the website. {reason}{looked}"
    lost = meanwhile["new"] - meanwhile["kept"]
    if lost:
        return (
            f"While a list of {len(SHORT_LIST)} was read, a guest of it signed up at the website, "
            f"and of the others {lost} are not in the table.{looked}"
        )
    return None


IMPORT = Exercise(
    id="ch02-ex2",
    title="Five hundred guests, some of them known",
    objectives=("savepoint", "commit"),
    answers=("import_guests",),
    promises={
        "counts": "how many were imported and how many skipped is right",
        "kept": "every new guest is kept, and nobody who was there is touched",
        "commit": "the whole list is one transaction",
        "meanwhile": "a guest who signs up meanwhile is skipped like the others",
        "returned": "the connection goes back",
    },
    hints=(
        "A duplicate must undo its own row, and nothing else. What can be undone alone, inside a "
        "transaction?",
        "Around each row: try, with session.begin_nested(): add and flush; except IntegrityError: "
        "count it as skipped. Around all rows: with Session.begin().",
        "With fewer statements: sqlalchemy.dialects.sqlite.insert(Guest) has "
        ".on_conflict_do_nothing(); how many it skipped, the number of guests before and after "
        "tells you.",
    ),
    observe=observe_import_guests,
    judge=judge_import_guests,
)

# --- ch02-ex3: the states of an evening -----------------------------------------------------

# each mark: what came before it, the promise it belongs to, and why it is what it is
MARKS = (
    ("added", "queued", "the session knows the guest now, and has sent nothing"),
    (
        "flushed",
        "sent",
        "the flush sent the INSERT, so before any commit there is a row, and a session",
    ),
    (
        "rolled back",
        "undone",
        "nothing was committed, so the rollback took the INSERT back: there is no row, and "
        "nobody is left on the form",
    ),
    (
        "to be deleted, and left",
        "closed",
        "the INSERT was committed and no DELETE was sent, so there is a row; after the close "
        "there is no session",
    ),
    ("added again", "queued", "the guest has a row, and a session again"),
    ("deletion flushed", "deleted", "the flush sent the DELETE, and the transaction goes on"),
    (
        "deletion committed",
        "sent",
        "the DELETE was committed: there is no row any more, and the session let the guest go",
    ),
)


def evening(new_session: Callable[[], Session], mark: Callable[[Guest], None]) -> None:
    """The program whose states the learner names; the notebook shows this very text."""
    guest = Guest(email="keeper@lantern.example")
    session = new_session()
    session.add(guest)
    mark(guest)
    session.flush()
    mark(guest)
    session.rollback()
    mark(guest)
    session.add(guest)
    session.commit()
    session.delete(guest)
    session.close()
    mark(guest)
    session.add(guest)
    mark(guest)
    session.delete(guest)
    session.flush()
    mark(guest)
    session.commit()
    mark(guest)


async def observe_states(states: Any) -> dict[str, Any]:
    """Run the program, and keep the answer beside the states it went through."""
    counter = Counter(capacity=1)
    true: list[str] = []
    evening(counter.Session, lambda guest: true.append(state_of(guest)))
    counter.engine.dispose()
    said = (
        [str(word).strip().lower() for word in states]
        if isinstance(states, list | tuple)
        else repr(states)
    )
    return {"said": said, "true": true}


# (place, what was said) -> what is wrong with that, where it says more than the mark's reason
WHY = {
    (0, "persistent"): "add() only queues: a flush sends the INSERT",
    (2, "pending"): "the rollback tears up the form too: nobody waits to be sent",
    (2, "detached"): "that is an object with a row that was committed; this row was taken back",
    (2, "deleted"): "no DELETE was sent; the INSERT was taken back",
    (3, "deleted"): "delete() only made a note, and the close threw it away: no DELETE was sent",
    (3, "persistent"): "the row is there, but the close let the guest go: nobody refreshes it now",
    (4, "pending"): "the guest has a row, so there is nothing to insert",
    (4, "deleted"): "the note of the deletion went with the close, before any DELETE was sent",
    (5, "detached"): "the session still needs the guest, in case of a rollback; a commit would "
    "let it go",
    (5, "transient"): "a row that is on its way out does not make the guest new",
    (6, "transient"): "the row is gone, and the guest is not new again: SQLAlchemy keeps its "
    "identity",
    (6, "deleted"): "the commit ended the transaction: no rollback can bring the row back, and "
    "the session let the guest go",
}


def judge_states(seen: dict[str, Any]) -> Iterable[Broken | Star]:
    said, true = seen["said"], seen["true"]
    if not isinstance(said, list) or len(said) != len(true):
        message = (
            f"Write a list of {len(true)} states, one a mark; this has {len(said)}."
            if isinstance(said, list)
            else f"Write a list of {len(true)} states, as strings; this is {said}."
        )
        for promise in STATES_OF_AN_EVENING.promises:
            yield Broken(promise, message)
        return
    told: dict[str, list[str]] = {}
    for place, (word, state) in enumerate(zip(said, true, strict=True)):
        if word != state:
            mark, promise, reason = MARKS[place]
            known = "" if word in set(true) else " (a state that does not exist)"
            told.setdefault(promise, []).append(
                f"Mark {place + 1}, {mark}: you said {word!r}{known}; "
                f"{WHY.get((place, word), reason)}."
            )
    for promise, messages in told.items():
        yield Broken(promise, " ".join(messages))


STATES_OF_AN_EVENING = Exercise(
    id="ch02-ex3",
    title="Name the state, seven times",
    objectives=("states",),
    answers=("states",),
    promises={
        "queued": "what add does, and what it does not do yet",
        "sent": "what a flush and a commit make of it",
        "undone": "what a rollback leaves of what was never committed",
        "deleted": "what delete does, and what it does not do yet",
        "closed": "what is left when the session is closed",
    },
    hints=(
        "Two questions at each mark: does a session know the guest? Is there a row, as far as "
        "this transaction can see?",
        "add and delete only make a note; the flush sends it, and a close throws away what was "
        "not sent. An object that has a row already needs no INSERT.",
        "A rollback goes back to the last commit, or to the beginning. What was there at that "
        "moment?",
    ),
    observe=observe_states,
    judge=judge_states,
)

# --- ch02-ex4: make_app ---------------------------------------------------------------------

REQUESTS = 60
PRINTERS = 5
POOL_TIMEOUT = 5.0  # seconds; a right answer waits for a fraction of one
HUNG = 10.0  # seconds; what is not answered by then never will be
USUAL_THREADS = 40
MOST_THREADS = 200  # who asks for more gets these, so that the crowd outnumbers the threads
SHOWS = {1: ("The Tempest", 120), 2: ("Twelfth Night", 40)}
FIELDS = {"id", "title", "capacity"}
CALM = 12  # looks in a row at which nothing had moved
EXPIRED = (
    "the show was expired by the commit and its session is closed, so the response model could "
    "not read it. Use Session() without the commit, or build ShowOut inside the block"
)


class Gate:
    """Counts queries and connections; closed, it holds the first queries of a crowd.

    It opens when all requests stand where they can go no further. Who can be served then
    depends on who holds what, and not on who was faster.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.opened = threading.Event()
        self.opened.set()
        self.queries = self.on_loop = 0
        # A connection that nobody gave back is kept, so that no garbage collection can hide it.
        self.lent: list[Any] = []
        self.loop_thread = threading.get_ident()

    @contextmanager
    def watch(self) -> Iterator[None]:
        """Look on while the block runs."""
        event.listen(self.engine, "before_cursor_execute", self._query)
        event.listen(self.engine, "checkout", self._checkout)
        try:
            yield
        finally:
            self.opened.set()
            event.remove(self.engine, "before_cursor_execute", self._query)
            event.remove(self.engine, "checkout", self._checkout)

    def _query(self, connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith("BEGIN"):
            return
        self.queries += 1
        if threading.get_ident() == self.loop_thread:
            self.on_loop += 1
        else:
            self.opened.wait(POOL_TIMEOUT)

    def _checkout(self, connection: Any, record: Any, lent: Any) -> None:
        self.lent.append(lent)

    async def open_when_calm(self, done: Callable[[], int]) -> None:
        """Open the gate once nothing has moved for some looks in a row."""
        before, calm = None, 0
        threads = current_default_thread_limiter()
        known = threads.total_tokens
        while calm < CALM:
            await asyncio.sleep(0.01)
            # Whoever raises them now comes too late: the crowd was counted.
            threads.total_tokens = known
            seen = threads.statistics()
            now = (seen.borrowed_tokens, seen.tasks_waiting, self.queries, len(self.lent), done())
            calm = calm + 1 if now == before else 0
            before = now
        self.opened.set()


async def observe_make_app(make_app: Any) -> dict[str, Any]:
    """Send one request to the learner's app, then sixty at once, on a pool of five.

    They run on an event loop of their own, in a thread: threads that wait for each other
    for ever then take nothing away from the notebook.
    """
    here = asyncio.get_running_loop()
    seen = here.create_future()

    def answer(result: dict[str, Any]) -> None:
        if not seen.done():
            seen.set_result(result)

    def elsewhere() -> None:
        result = asyncio.run(_observe_app(make_app))
        here.call_soon_threadsafe(answer, result)

    threading.Thread(target=elsewhere, daemon=True).start()
    try:
        return await asyncio.wait_for(seen, HUNG)
    except TimeoutError:
        return {"made": {"ended": "hung", "value": None, "error": ""}}


async def _observe_app(make_app: Any) -> dict[str, Any]:
    engine = make_sync_engine(pool_size=PRINTERS, max_overflow=0, pool_timeout=POOL_TIMEOUT)
    seed_sync(engine)
    with Session(engine) as session, session.begin():
        title, capacity = SHOWS[2]
        session.add(Show(id=2, title=title, capacity=capacity))
    try:
        made = attempt_sync(lambda: make_app(engine))
        if made.ended != "returned" or not callable(getattr(made.value, "openapi", None)):
            return {"made": _plainly(made)}
        seen = await _asked(made.value, engine)
    finally:
        engine.dispose()
    return {"made": {"ended": "returned", "value": "FastAPI", "error": ""}, **seen}


async def _asked(app: Any, engine: Engine) -> dict[str, Any]:
    gate, alone, crowd, left, failed = Gate(engine), ("", None), 0, 0, ""
    answers: list[tuple[str, Any]] = []
    try:
        async with lifespan(app), client(app) as http:
            with gate.watch():
                alone = await _ask(http, 2)
                left = engine.pool.checkedout()
                # What one request shows alone, a crowd would show after a long wait.
                if alone[0] == "200" and gate.queries and not gate.on_loop and not left:
                    crowd = _crowd()
                    await _burst(http, gate, crowd, answers)
                    left = engine.pool.checkedout()
    except Exception as error:
        failed = describe(error)
    codes = [code for code, _ in answers]
    return {
        "failed": failed,
        "alone": list(alone),
        "crowd": crowd,
        "codes": {code: codes.count(code) for code in sorted(set(codes))},
        "bodies": [body for _, body in answers if body is not None][:1],
        "schema": _schema_fields(app),
        "queries": gate.queries,
        "on loop": gate.on_loop,
        "left": left,
    }


async def _burst(http: Any, gate: Gate, crowd: int, answers: list[tuple[str, Any]]) -> None:
    """Ask for show 1 so many times at once, and let the queries begin when all have come."""

    async def ask() -> None:
        answers.append(await _ask(http, 1))

    gate.opened.clear()
    await asyncio.gather(gate.open_when_calm(lambda: len(answers)), *(ask() for _ in range(crowd)))


def _crowd() -> int:
    """Return how many guests come: sixty, or as many more than an app's raised threads."""
    threads = current_default_thread_limiter()
    threads.total_tokens = min(threads.total_tokens, MOST_THREADS)
    return max(REQUESTS, REQUESTS - USUAL_THREADS + int(threads.total_tokens))


async def _ask(http: Any, show_id: int) -> tuple[str, Any]:
    """Ask for a show; return the status, or the error, and the body."""
    try:
        response = await http.get(f"/shows/{show_id}")
        return str(response.status_code), response.json() if response.status_code == 200 else None
    except Exception as error:
        if "is not bound to a Session" in str(error):
            return f"{type(error).__name__}: {EXPIRED}", None
        return describe(error).rstrip(":."), None


def _schema_fields(app: Any) -> list[str] | None:
    """Return the fields that the app's schema promises for a show, or None."""
    try:
        schema = app.openapi()
    except Exception:
        return None
    path = next((p for p in schema["paths"] if p.startswith("/shows/{")), "")
    answer = schema["paths"].get(path, {}).get("get", {}).get("responses", {}).get("200", {})
    wanted = answer.get("content", {}).get("application/json", {}).get("schema", {})
    name = wanted.get("$ref", "").rpartition("/")[2]
    fields = schema.get("components", {}).get("schemas", {}).get(name, wanted)
    return sorted(fields["properties"]) if "properties" in fields else None


def judge_make_app(seen: dict[str, Any]) -> Iterable[Broken | Star]:
    if reason := _why_no_show(seen):
        for promise in MAKE_APP.promises:
            yield Broken(promise, reason)
        return
    alone = list(_judge_alone(seen))
    yield from alone
    if not seen["crowd"]:
        yield Broken("served", alone[0].message)
    elif seen["codes"].get("200", 0) < seen["crowd"]:
        yield Broken("served", _why_not_served(seen))
    yield from _judge_contract(seen)
    if seen["left"]:
        yield Broken(
            "returned",
            f"When all was over, pool.checkedout() was {seen['left']}: sessions were not closed.",
        )


def _why_no_show(seen: dict[str, Any]) -> str | None:
    made = seen["made"]
    if made["ended"] == "hung":
        return (
            f"{HUNG:.0f} s after sixty requests were sent, nothing moved any more. A lock or a "
            "semaphore that holds *threads* makes the same ring as the pool: all 40 wait in it, "
            "and who holds it waits for a thread."
        )
    if reason := interruption(made, "make_app"):
        return reason
    if made["value"] != "FastAPI":
        return f"make_app returned {made['value']!r} instead of a FastAPI app."
    if seen["failed"]:
        return f"The start or the end of the app failed: {seen['failed'].rstrip('.')}."
    code, _ = seen["alone"]
    if code == "404":
        return "GET /shows/2 was answered with 404. The path is /shows/{show_id}."
    if code != "200":
        return f"GET /shows/2, one request alone, failed: {code}."
    return None


def _judge_alone(seen: dict[str, Any]) -> Iterable[Broken]:
    if not seen["queries"]:
        # Of queries that nobody saw, nothing can be said.
        for promise in ("printers", "free", "returned"):
            yield Broken(
                promise,
                "No query came through the engine that make_app was given. An engine of its own, "
                "sync or async, is a second pool, and the number of printers is not yours to "
                "change; a pool of 40 failed as well, with more requests.",
            )
    if seen["on loop"]:
        yield Broken(
            "free",
            "A query ran on the event loop's own thread: a blocking driver inside `async def`. "
            "Nobody else is answered meanwhile.",
        )
    if seen["left"] and not seen["crowd"]:
        yield Broken(
            "returned",
            "One request was answered, and its connection was still out: your sessions are never "
            "closed. After five of them nobody gets one. Use a `with` block.",
        )


def _judge_contract(seen: dict[str, Any]) -> Iterable[Broken]:
    body = seen["bodies"][0] if seen["bodies"] else _show(1)
    _, other = seen["alone"]
    for show_id, answered in ((2, other), (1, body)):
        if not isinstance(answered, dict) or set(answered) != FIELDS:
            yield Broken(
                "contract", f"A show is answered with {sorted(FIELDS)}; this was {answered!r}."
            )
        elif answered != _show(show_id):
            title, capacity = SHOWS[show_id]
            yield Broken(
                "contract",
                f"GET /shows/{show_id} is {title} with {capacity} seats; this was {answered!r}. "
                "Which show it is, the path says: query with its show_id.",
            )
    if seen["schema"] is None or set(seen["schema"]) != FIELDS:
        yield Broken(
            "contract",
            "It may well answer, but the contract is gone: the schema at /docs no longer says that "
            f"a show has {', '.join(sorted(FIELDS))}. Keep the response model.",
        )


def _show(show_id: int) -> dict[str, Any]:
    title, capacity = SHOWS[show_id]
    return {"id": show_id, "title": title, "capacity": capacity}


def _why_not_served(seen: dict[str, Any]) -> str:
    codes, crowd = seen["codes"], seen["crowd"]
    # How many lose depends on who was faster: without a number every run says the same.
    pool = any("QueuePool" in code for code in codes)
    if pool and crowd > REQUESTS:
        return (
            f"Your app raised the number of threads, so {crowd} guests came, again "
            f"{REQUESTS - USUAL_THREADS} more than there are threads, and some of them failed "
            "with a QueuePool timeout. More threads move the cliff: somebody still holds a "
            "connection while waiting for a thread."
        )
    if pool:
        return (
            f"Of {REQUESTS} requests some failed with a QueuePool timeout. 40 threads waited for "
            f"a connection; the {PRINTERS} requests that held one waited for a thread, in which "
            "their answer is validated. A longer timeout makes them fail later, and the exit of a "
            'dependency, with scope="function" too, comes after the validation.'
        )
    other = next(code for code in codes if code != "200")
    return f"Of {crowd} requests some failed: {other}."


MAKE_APP = Exercise(
    id="ch02-ex4",
    title="Sixty guests and five printers",
    objectives=("load", "request", "factory"),
    answers=("make_app",),
    promises={
        "served": "all sixty requests are answered",
        "printers": "with the five connections of the given engine",
        "contract": "the response model stands, in the answer and in the schema",
        "free": "no query runs on the event loop",
        "returned": "every connection goes back",
    },
    hints=(
        "Who holds a connection while waiting for a thread? Find a way in which nobody does.",
        "Either the connection goes back before the answer is validated, or no more requests than "
        "there are connections get as far as asking for one.",
        "Open the session inside the endpoint, in a `with` block, and return from outside it; or "
        "Depends(get_session, max_concurrency=5).",
    ),
    observe=observe_make_app,
    judge=judge_make_app,
)

EXERCISES = (SELL, IMPORT, STATES_OF_AN_EVENING, MAKE_APP)
