"""ch04-ex3: a sale, and the mail after it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from random import Random
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine

from course.checking.attempts import Outcome, attempt, attempt_sync, describe, interruption, plain
from course.checking.exercise import Broken, Exercise, Finding, Nothing
from course.checking.patience import IDLE, SOON, until_idle
from course.checking.sealed import sealed
from course.checks.ch04_dependencies.open_house import House, heard, open_house
from course.checks.ch04_dependencies.write_queue import WriteQueue
from course.checks.requests import json_of, post
from lantern import pool_watch
from lantern.pool import connections_in_use
from lantern.theatre import make_engine
from lantern.wire import Message

CONNECTIONS = 4  # more than an answer may use, so that it can be seen what it would use
SECONDS = 4.0  # of work, for one purchase
EARLIER = 2  # sales of earlier evenings
CLOSED = "the post office is closed"
PATH = "/sales"

PLAIN, CORRECTED, UNMAILED, AGAIN = "plain", "corrected", "unmailed", "again"


@dataclass(frozen=True)
class Wish:
    """What a guest sends; `corrected` is the address that stands in the table soon after."""

    kind: str
    email: str
    seats: int
    corrected: str = ""


@dataclass(frozen=True)
class Counter:
    """The wishes, one after the other, and two at once; and what others sell.

    `others` are id, address and seats: the first two of earlier evenings, one more while the mail
    of each of the purchases is on its way. So no id follows the last one, and none is used again.
    One of earlier evenings is the first guest's, who had no mail.
    """

    wishes: tuple[Wish, ...]
    both: tuple[Wish, Wish]
    others: tuple[tuple[int, str, int], ...]

    def sold_by_others(self, purchases: int) -> tuple[tuple[int, str, int], ...]:
        """Return what others have sold when there were so many purchases."""
        return self.others[: EARLIER + min(purchases, len(self.wishes))]


def draw_counter(random: Random) -> Counter:
    """Draw guests; one buys twice, one corrects the address, and one cannot be written to."""
    names = random.sample(range(1_000, 9_999), 12)
    first, corrected, right, unmailed, one, another, *elsewhere = (
        f"Guest{name}@lantern.example" for name in names
    )
    seats = random.sample(range(1, 60), 11)
    wishes = (
        Wish(PLAIN, first, seats[0]),
        Wish(CORRECTED, corrected, seats[1], right),
        Wish(UNMAILED, unmailed, seats[2]),
        Wish(AGAIN, first, seats[0]),
    )
    both = (Wish("one", one, seats[3]), Wish("another", another, seats[4]))
    # Apart: the sale that the app writes behind one of them gets the next id.
    ids = sorted(random.sample(range(100, 9_000, 10), len(elsewhere)))
    elsewhere[random.randrange(EARLIER)] = first
    return Counter(wishes, both, tuple(zip(ids, elsewhere, seats[5:], strict=True)))


@dataclass
class Purchase:
    """One request: what the client got, and what others saw meanwhile."""

    wish: Wish
    counter: "Office"
    status: int | None = None
    body: bytes = b""
    complete: bool = False
    over: bool = False  # the app has returned
    committed: bool | None = None  # when the answer began
    error: str = ""
    outcome: Outcome = field(default_factory=lambda: Outcome("returned"))

    @property
    def id(self) -> Any:
        """Return the id in the answer, or None."""
        found = json_of(self.body)
        return found.get("id") if isinstance(found, dict) else None

    async def sent(self, message: Message) -> None:
        """Look around when a message has gone out to the client."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.committed = await self.counter.has_sold(self.wish)
        elif message["type"] == "http.response.body":
            self.body += message.get("body", b"")
            if last := not message.get("more_body", False):
                await self.counter.correct(self.wish)
            self.complete = last

    async def call(self) -> None:
        """Send the request, and wait until the app has returned."""
        app = heard(self.counter.house.app, self.sent)
        response = await post(app, PATH, {"email": self.wish.email, "seats": self.wish.seats})
        self.over = True
        self.error = describe(response.error) if response.error else ""

    def report(self) -> dict[str, Any]:
        """Return what was seen, as plain data."""
        return {
            "outcome": self.outcome.as_dict(),
            "status": self.status,
            "id": plain(self.id),
            "complete": self.complete,
            "committed": self.committed,
            "error": self.error,
            "text": self.body.decode(errors="replace")[:200],
        }


class Office:
    """The post office, which sees the table through an engine of its own."""

    def __init__(self, case: Counter, house: House, sale: Any) -> None:
        self.case = case
        self.house = house
        self.table = sale.__table__.c
        self.sale = sale
        self.engine: AsyncEngine = make_engine(house.engine.url)
        self.purchases: list[Purchase] = []
        self.mails: list[dict[str, Any]] = []
        self.sold: tuple[tuple[int, str, int], ...] = ()  # by others
        self.together = False

    async def send_mail(self, email: Any, sale_id: Any) -> None:
        """Note what goes on while a mail is sent; it is on its way until nothing else can go on."""
        # Of two purchases at once, nobody knows which of them uses a connection.
        held = 0 if self.together else connections_in_use(self.house.engine)
        answered = any(one.complete for one in self._of(sale_id))
        row = (await self.rows()).get(str(plain(sale_id)))
        mail = {"email": plain(email), "sale": plain(sale_id), "row": row, "held": held}
        self.mails.append(mail | {"answered": answered, "awaited": True})
        place = len(self.mails) - 1
        if not self.together:
            await self.sell_others(len(self.purchases))
            await until_idle(SOON, lambda: any(one.over for one in self._of(sale_id)))
        self.mails[place]["awaited"] = not any(one.over for one in self._of(sale_id))
        if any(wish.email.lower() == str(email).lower() for wish in self.unmailed()):
            raise ConnectionError(CLOSED)

    def _of(self, sale_id: Any) -> list[Purchase]:
        """Return the purchases that were answered with this id."""
        return [one for one in self.purchases if one.status is not None and one.id == sale_id]

    def unmailed(self) -> list[Wish]:
        """Return the wishes of those who cannot be written to."""
        return [one.wish for one in self.purchases if one.wish.kind == UNMAILED]

    async def rows(self) -> dict[str, list[Any]]:
        """Return email, seats and mark of every sale that is committed, by its id."""
        columns = (self.table.id, self.table.email, self.table.seats, self.table.mailed)
        async with self.engine.connect() as connection:
            rows = await connection.execute(select(*columns))
            return {str(row[0]): [plain(value) for value in row[1:]] for row in rows}

    async def has_sold(self, wish: Wish) -> bool:
        """Tell whether as many sales to this guest are committed as there were requests."""
        emails = [one.wish.email for one in self.purchases] + [email for _, email, _ in self.sold]
        due = emails.count(wish.email)
        # How an address is written is another question.
        count = select(func.count()).where(func.lower(self.table.email) == wish.email.lower())
        async with self.engine.connect() as connection:
            return bool(await connection.scalar(count) == due)

    async def sell_others(self, purchases: int) -> None:
        """Write what others have sold by then into the table, where it is not there yet."""
        columns, due = ("id", "email", "seats"), self.case.sold_by_others(purchases)
        if due == self.sold:
            return
        others = due[len(self.sold) :]
        rows = [dict(zip(columns, values, strict=True), mailed=False) for values in others]
        with contextlib.suppress(OperationalError):
            async with self.engine.begin() as connection:
                await connection.exec_driver_sql("PRAGMA busy_timeout=0")
                await connection.execute(insert(self.sale), rows)
            self.sold = due

    async def correct(self, wish: Wish) -> None:
        """Write the right address into the guest's sale, if others can see that there is one."""
        rows = await self.rows() if wish.corrected else {}
        if not any(row[0] == wish.email for row in rows.values()):
            return
        right = update(self.sale).where(self.table.email == wish.email)
        # Whoever still writes keeps the lock, and the address stays as it is.
        with contextlib.suppress(OperationalError):
            async with self.engine.begin() as connection:
                await connection.execute(right.values(email=wish.corrected))


@contextlib.asynccontextmanager
async def office_of(case: Counter, house: House, sale: Any) -> AsyncIterator[Office]:
    """Make the table with the sales of earlier evenings; close the office afterwards."""
    office = Office(case, house, sale)
    try:
        async with house.engine.begin() as connection:
            await connection.run_sync(sale.metadata.create_all)
        await office.sell_others(0)
        yield office
    finally:
        await office.engine.dispose()


async def observe_add_purchase(case: Counter, sale: Any, add_purchase: Any) -> dict[str, Any]:
    """Let guests buy one after the other, then two at once; look at table, mails and pool."""
    async with open_house(CONNECTIONS) as house:
        try:
            async with office_of(case, house, sale) as office:
                return await _observed(case, house, office, add_purchase)
        except Exception as error:
            return {"table": describe(error)}


async def _observed(
    case: Counter, house: House, office: Office, add_purchase: Any
) -> dict[str, Any]:
    made = attempt_sync(lambda: add_purchase(house.app, sealed(office.send_mail)))
    seen: dict[str, Any] = {"made": {**made.as_dict(), "value": None}}
    if made.ended != "returned":
        return seen
    purchases, most, out = [], 0, 0
    with WriteQueue().before(house.engine):
        for wish in case.wishes:
            with pool_watch(house.engine) as watch:
                purchase = Purchase(wish, office)
                office.purchases.append(purchase)
                purchase.outcome = await attempt(purchase.call, SECONDS)
            most, out = max(most, watch.most), out + await house.close_all()
            purchases.append(purchase.report())
            if not purchase.over:
                break
            await office.sell_others(len(purchases))
        else:
            purchases += await _two_at_once(case, office)
            out += await house.close_all()
    return {
        **seen,
        "purchases": purchases,
        "mails": office.mails,
        "rows": await office.rows(),
        "most": most,
        "still out": out,
    }


async def _two_at_once(case: Counter, office: Office) -> list[dict[str, Any]]:
    pair = [Purchase(wish, office) for wish in case.both]
    office.purchases += pair
    office.together = True
    outcome = await attempt(lambda: asyncio.gather(*(one.call() for one in pair)), SECONDS)
    for one in pair:
        one.outcome = Outcome("returned") if one.over else outcome
    return [one.report() for one in pair]


@dataclass(frozen=True)
class Sold:
    """A purchase as the judge sees it: the wish, what was seen of it, its mails and its row."""

    wish: Wish
    seen: dict[str, Any]
    mails: list[dict[str, Any]]
    row: list[Any] | None


def judge_add_purchase(case: Counter, seen: dict[str, Any]) -> Iterable[Finding]:
    if reason := _why_no_sale(seen):
        yield Nothing(reason)
        return
    wishes = (*case.wishes, *case.both)
    every = [
        Sold(
            wish,
            one,
            [mail for mail in seen["mails"] if mail["sale"] == one["id"]],
            seen["rows"].get(str(one["id"])),
        )
        for wish, one in zip(wishes, seen["purchases"], strict=False)
    ]
    problems = (
        ("sold", _why_not_sold(case, seen, every)),
        ("after", _why_not_after(seen, every)),
        ("marked", _why_not_marked(case, seen, every)),
        ("failed", _why_not_unharmed(every)),
        ("one", _why_too_many(seen)),
    )
    for promise, problem in problems:
        if problem:
            yield Broken(promise, problem)


def _why_no_sale(seen: dict[str, Any]) -> str | None:
    if "table" in seen:
        return f"The table of Sale could not be used: {seen['table']}."
    if reason := interruption(seen["made"], "add_purchase"):
        return reason
    for one in seen["purchases"]:
        outcome = one["outcome"]
        if outcome["ended"] == "timed out" and outcome["value"] == IDLE:
            return _why_still(one)
        if reason := interruption(outcome, f"POST {PATH}"):
            return reason
    first = seen["purchases"][0]
    if first["status"] in (404, 405):
        return f"POST {PATH} was answered with {first['status']}: there is no such endpoint."
    if first["status"] is None or first["status"] >= 400:
        return (
            f"POST {PATH}, the first purchase, failed: "
            f"{first['error'].rstrip('.') or first['status']}. {first['text']}".rstrip()
        )
    return None


def _why_still(one: dict[str, Any]) -> str:
    if not one["complete"]:
        return (
            "A purchase was not answered: nothing was left that could go on. What does it wait "
            "for, while it holds a connection or SQLite's write lock?"
        )
    told = "A purchase was answered, and then nothing moved any more."
    if one["committed"] is False:
        return (
            f"{told} The sale was not committed: with the default scope the request's transaction "
            "ends after the background task, and the task waited for it: for its write lock here, "
            "for its connection on a pool of one."
        )
    return f"{told} The task after the answer waited for something that the request still holds."


def _why_not_sold(case: Counter, seen: dict[str, Any], every: list[Sold]) -> str | None:
    ids = [str(one.seen["id"]) for one in every if one.row is not None]
    if len(set(ids)) < len(ids):
        return (
            "Two purchases were answered with the same id. Each is a sale of its own; a guest may "
            "buy twice."
        )
    for one in every:
        # Who could not be written to is judged for that.
        if one.wish.kind != UNMAILED and (problem := _why_no_row(one)):
            return problem
    due = len(case.sold_by_others(len(every))) + sum(one.row is not None for one in every)
    if len(seen["rows"]) != due:
        return f"There should be {due} sales in the table, and there are {len(seen['rows'])}."
    return None


def _why_no_row(one: Sold) -> str | None:
    if one.seen["status"] != 201:
        told = one.seen["error"].rstrip(".") or one.seen["status"]
        return f"A purchase is answered with 201; this one was answered with {told}."
    if one.seen["committed"] is False:
        return (
            "When the answer began, nobody else could see the sale: it was not committed. Whoever "
            "is told 201 may not find it, and a commit that fails comes too late. With the default "
            "scope, a dependency ends after the last byte and the background tasks."
        )
    if one.row is None:
        return (
            f"The answer's id was {one.seen['id']!r}, and no sale in the table has it. The "
            f"answer was {one.seen['text']}."
        )
    if one.row[1] != one.wish.seats or one.row[0] not in (one.wish.email, one.wish.corrected):
        return (
            f"{one.wish.email} bought {one.wish.seats} seats; the table says {one.row[0]}, "
            f"{one.row[1]} seats."
        )
    return None


def _why_not_after(seen: dict[str, Any], every: list[Sold]) -> str | None:
    if any(not mail["awaited"] for mail in seen["mails"]):
        return (
            "The app had returned while the mail was still on its way: nobody waits for this task, "
            "and a server that stops, or the garbage collector, may end it. `background.add_task` "
            "is part of the request."
        )
    early = [mail for mail in seen["mails"] if not mail["answered"]]
    if early:
        return (
            "A mail was under way before the last byte of the answer had gone out. Awaited in the "
            "endpoint or in a dependency, it lets the guest wait; a task of create_task begins "
            "when it likes. `background.add_task` comes after the answer."
        )
    for one in every:
        # What failed may be tried again.
        if not one.mails or (len(one.mails) > 1 and one.wish.kind != UNMAILED):
            why = f" The task raised {one.seen['error'].rstrip('.')}." if one.seen["error"] else ""
            ids = [repr(other.seen["id"]) for other in every]
            strange = [mail for mail in seen["mails"] if repr(mail["sale"]) not in ids]
            if strange and not one.mails:
                why += f" A mail went out for the sale {strange[0]['sale']!r}, which is none."
            return f"For one sale {len(one.mails)} mails went out; one is due.{why}"
    return None


def _why_not_marked(case: Counter, seen: dict[str, Any], every: list[Sold]) -> str | None:
    for number, email, seats in case.sold_by_others(len(every)):
        if seen["rows"].get(str(number)) != [email, seats, False]:
            return (
                f"Sale {number}, which somebody else has sold, was changed as well: an UPDATE "
                "without its WHERE, or with another one, reaches more rows than are meant."
            )
    for one in every:
        if one.wish.kind == UNMAILED:
            continue
        if one.row is None:
            return f"There is no sale {one.seen['id']!r} that could be marked."
        for mail in one.mails:
            if mail["answered"] and mail["row"] and mail["email"] != mail["row"][0]:
                return _why_the_old_address(mail)
            if mail["row"] and mail["row"][2]:
                return (
                    "A sale was marked as mailed before its mail had gone: what stops in between "
                    "leaves a guest without it, and nobody knows."
                )
        if one.row[2] is not True:
            return _why_unmarked(one)
        if not one.mails:
            return f"Sale {one.seen['id']!r} is marked as mailed, and no mail has gone."
        if one.wish.corrected and one.row[0] == one.wish.email and _was_corrected(one):
            return (
                f"The address in the table was corrected to {one.wish.corrected} before the mail, "
                "and is the old one again: the task wrote an object back that it was given, with "
                "all its old values. Hand over the id, and read anew."
            )
    return None


def _was_corrected(one: Sold) -> bool:
    return any(mail["row"] and mail["row"][0] == one.wish.corrected for mail in one.mails)


def _why_the_old_address(mail: dict[str, Any]) -> str:
    return (
        f"The mail went to {mail['email']}, while {mail['row'][0]} stood in the table: the "
        "address was corrected after the sale. The task used what it was given, an object or "
        "a text, as it was then. Hand over the id, and read anew."
    )


def _why_unmarked(one: Sold) -> str:
    told = "The mail has gone" if one.mails else "No mail has gone"
    error = one.seen["error"]
    if "permanently closed" in error:
        return (
            f"{told}, and `mailed` is still False: the task used the request's session, which was "
            "closed before the answer. An ordinary factory would open it again in silence, commit "
            "nothing, and never give the connection back. The task needs a session of its own."
        )
    if error:
        return f"{told}, and `mailed` is still False: after the answer came {error.rstrip('.')}."
    return (
        f"{told}, and `mailed` is still False in the table. Was it written in a session that is "
        "committed?"
    )


def _why_not_unharmed(every: list[Sold]) -> str | None:
    for one in every:
        if one.wish.kind != UNMAILED:
            continue
        if one.seen["status"] != every[0].seen["status"] or not one.seen["complete"]:
            told = one.seen["error"].rstrip(".") or one.seen["status"]
            return f"A mail failed, and the purchase was answered with {told}."
        if one.row is None and not one.mails:
            return (
                "A sale that was answered is not in the table, so no mail of it could fail: what "
                "a guest is told has to be committed by then."
            )
        if one.row is None:
            return (
                "A mail failed, and its sale is gone, although the guest was told of it. Nothing "
                "that happens after the answer may undo it."
            )
        rows = [mail["row"] for mail in one.mails if mail["row"]]
        before = rows[0] if rows else [one.wish.email, one.wish.seats, False]
        if one.row != [*before[:2], False]:
            return (
                f"A mail failed, and its sale is now {_in_words(one.row)}; "
                f"{_in_words([*before[:2], False])} is due."
            )
    return None


def _in_words(row: list[Any]) -> str:
    return f"{row[0]}, {row[1]} seats, mailed {row[2]}"


def _why_too_many(seen: dict[str, Any]) -> str | None:
    if any(mail["held"] for mail in seen["mails"]):
        return (
            "While a mail was on its way, a connection was in use. The post may take seconds, and "
            "on a pool of one nobody buys meanwhile. Is a session open around the mail, or does a "
            "dependency of the default scope hold one until the background tasks are over?"
        )
    if seen["most"] > 1:
        return (
            f"One purchase had {seen['most']} connections in use at once: on a pool of one it "
            "would wait for itself."
        )
    if seen["still out"]:
        return "When all was over, a connection was still out: what took it was not closed."
    return None


ADD_PURCHASE = Exercise(
    id="ch04-ex3",
    title="A mail after the sale",
    objectives=("background",),
    answers=("Sale", "add_purchase"),
    promises={
        "sold": "each purchase is one sale, committed before it is answered with 201 and its id",
        "after": "one mail goes when the answer is out, and the server waits for it",
        "marked": "it goes to the address in the table, and then this sale is marked",
        "failed": "a mail that fails changes neither the answer nor the sale",
        "one": "a purchase never holds two connections, and none while the mail is on its way",
    },
    hints=(
        "Who commits, and when? What does the task know that is still true when it runs, and what "
        "can it ask for?",
        'A dependency with scope="function" commits before the answer. The task gets the factory '
        "and the id: a short session to read the address, the mail without any, and another short "
        "one to mark the sale.",
    ),
    draw=draw_counter,
    observe=observe_add_purchase,
    judge=judge_add_purchase,
)
