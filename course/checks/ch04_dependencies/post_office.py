"""What is seen of ch04-ex3: purchases one by one and at once, and the mails that they send."""

import asyncio
import contextlib
from dataclasses import dataclass, field
from random import Random
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine

from course.checking.attempts import Outcome, attempt, attempt_sync, describe, plain
from course.checking.patience import SOON, until_idle
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


@dataclass(frozen=True)
class Wish:
    """What a guest sends; `corrected` is the address that stands in the table soon after.

    `moved` stands there from when the mail to that one is on its way. An `unmailed` guest cannot
    be written to.
    """

    email: str
    seats: int
    corrected: str = ""
    moved: str = ""
    unmailed: bool = False


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
    """Draw guests; one buys twice, one corrects the address twice, one cannot be written to."""
    names = random.sample(range(1_000, 9_999), 13)
    first, corrected, right, moved, unmailed, one, another, *elsewhere = (
        f"Guest{name}@lantern.example" for name in names
    )
    seats = random.sample(range(1, 60), 11)
    wishes = (
        Wish(first, seats[0]),
        Wish(corrected, seats[1], right, moved),
        Wish(unmailed, seats[2], unmailed=True),
        Wish(first, seats[0]),
    )
    both = (Wish(one, seats[3]), Wish(another, seats[4]))
    # Apart: the sale that the app writes behind one of them gets the next id.
    ids = sorted(random.sample(range(100, 9_000, 10), len(elsewhere)))
    elsewhere[random.randrange(EARLIER)] = first
    return Counter(wishes, both, tuple(zip(ids, elsewhere, seats[5:], strict=True)))


@dataclass
class Purchase:
    """One request: what the client got, and what others saw meanwhile."""

    wish: Wish
    office: "Office"
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
            self.committed = await self.office.has_sold(self.wish)
        elif message["type"] == "http.response.body":
            self.body += message.get("body", b"")
            if last := not message.get("more_body", False):
                await self.office.correct(self.wish.email, self.wish.corrected)
            self.complete = last

    async def call(self) -> None:
        """Send the request, and wait until the app has returned."""
        app = heard(self.office.house.app, self.sent)
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
        mail |= {"answered": answered, "awaited": True}
        self.mails.append(mail)
        if not self.together:
            await self.sell_others(len(self.purchases))
            wish = self.purchases[-1].wish
            mail["moved"] = await self.correct(wish.corrected, wish.moved)
            await until_idle(SOON, lambda: any(one.over for one in self._of(sale_id)))
        mail["awaited"] = not any(one.over for one in self._of(sale_id))
        unmailed = [one.wish for one in self.purchases if one.wish.unmailed]
        if any(wish.email.lower() == str(email).lower() for wish in unmailed):
            raise ConnectionError(CLOSED)

    def _of(self, sale_id: Any) -> list[Purchase]:
        """Return the purchases that were answered with this id."""
        return [one for one in self.purchases if one.status is not None and one.id == sale_id]

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
        due = self.case.sold_by_others(purchases)
        rows = [
            {"id": number, "email": email, "seats": seats, "mailed": False}
            for number, email, seats in due[len(self.sold) :]
        ]
        if not rows:
            return
        with contextlib.suppress(OperationalError):
            async with self.engine.begin() as connection:
                await connection.exec_driver_sql("PRAGMA busy_timeout=0")
                await connection.execute(insert(self.sale), rows)
            self.sold = due

    async def correct(self, email: str, right: str) -> bool:
        """Write the right address into the sales to this one, and tell whether there was any."""
        if not right:
            return False
        statement = update(self.sale).where(self.table.email == email).values(email=right)
        # Whoever still writes keeps the lock, and the address stays as it is.
        with contextlib.suppress(OperationalError):
            async with self.engine.begin() as connection:
                await connection.exec_driver_sql("PRAGMA busy_timeout=0")
                return (await connection.execute(statement)).rowcount > 0
        return False


async def observe_add_purchase(case: Counter, sale: Any, add_purchase: Any) -> dict[str, Any]:
    """Let guests buy one after the other, then two at once; look at table, mails and pool."""
    async with open_house(CONNECTIONS) as house, contextlib.AsyncExitStack() as at_end:
        try:
            office = Office(case, house, sale)
            at_end.push_async_callback(office.engine.dispose)
            async with house.engine.begin() as connection:
                await connection.run_sync(sale.metadata.create_all)
            await office.sell_others(0)
            return await _observed(office, add_purchase)
        except Exception as error:
            return {"table": describe(error)}


async def _observed(office: Office, add_purchase: Any) -> dict[str, Any]:
    case, house = office.case, office.house
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
            purchases += await _two_at_once(office)
            out += await house.close_all()
    return {
        **seen,
        "purchases": purchases,
        "mails": office.mails,
        "rows": await office.rows(),
        "most": most,
        "still out": out,
    }


async def _two_at_once(office: Office) -> list[dict[str, Any]]:
    pair = [Purchase(wish, office) for wish in office.case.both]
    office.purchases += pair
    office.together = True
    outcome = await attempt(lambda: asyncio.gather(*(one.call() for one in pair)), SECONDS)
    for one in pair:
        one.outcome = Outcome("returned") if one.over else outcome
    return [one.report() for one in pair]
