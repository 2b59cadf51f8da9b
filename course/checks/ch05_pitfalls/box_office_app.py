"""The app of the module of ch05-ex3: what is seen of it, and what is said of that.

It shows a show with its orders, and two guests buy at once.
"""

import asyncio
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from course.checking.attempts import attempt, attempt_sync, describe, interruption, plain
from course.checking.sealed import sealed
from course.checks.ch05_pitfalls.box_office_evening import Evening, database, rows_of
from course.checks.requests import as_it_begins, json_of, post
from lantern import Response, asgi_call
from lantern.pool import connections_in_use
from lantern.theatre import Order
from lantern.wire import Message


async def _agree(guest_id: int, cents: int) -> bool:
    return True


async def shown(case: Evening, make_app: Any, url: str = "") -> dict[str, Any]:
    """Ask for a show, for one without an order, and for one that is not there."""
    async with database(rows_of(case), url) as base:
        shows = {"show": case.show, "empty": case.empty[0], "none": case.show + 100}
        seen: dict[str, Any] = {}
        for name, number in shows.items():
            made = attempt_sync(lambda: make_app(base.engine, _agree))
            seen.setdefault("made", {**made.as_dict(), "value": None})
            if made.ended == "returned":
                seen[name] = await _asked(made.value, f"/shows/{number}")
    return seen


async def _asked(app: Any, path: str) -> dict[str, Any]:
    outcome = await attempt(lambda: asgi_call(app, "GET", path))
    return {"outcome": {**outcome.as_dict(), "value": None}, **_told(outcome.value)}


def _told(response: Any) -> dict[str, Any]:
    """Return status, body and error of a response, as plain data."""
    it = response if isinstance(response, Response) else Response()
    told = "" if it.error is None else f"{describe(it.error)} {_detail(it.error)}".strip()
    return {"status": it.status, "body": plain(json_of(it.body)), "error": told}


def _detail(error: BaseException) -> str:
    """Return what FastAPI's errors of validation say below their first line."""
    errors = getattr(error, "errors", None)
    told = errors() if callable(errors) else []
    return str(told[0].get("msg", "")).partition("\n")[0] if told else ""


@dataclass
class Till:
    """Two guests pay: the first one's card takes until the second one has been served.

    `first_pays` says which of the two is accepted; `asked` is what for, and `held` are the
    connections that were out at each asking.
    """

    guests: tuple[int, int]
    first_pays: bool
    engine: AsyncEngine
    reached: asyncio.Event = field(default_factory=asyncio.Event)
    served: asyncio.Event = field(default_factory=asyncio.Event)
    asked: list[list[int]] = field(default_factory=list)
    held: list[int] = field(default_factory=list)

    async def pay(self, guest_id: int, cents: int) -> bool:
        """Return whether a guest's card is accepted."""
        self.asked.append([guest_id, cents])
        self.held.append(connections_in_use(self.engine))
        if guest_id != self.guests[0]:
            return not self.first_pays
        self.reached.set()
        await self.served.wait()
        return self.first_pays


async def at_once(case: Evening, make_app: Any, url: str = "") -> dict[str, Any]:
    """Let two guests buy at once, of whom one pays; then see whether a connection is left out."""
    rounds = [await _two_guests(case, make_app, pays, url) for pays in (True, False)]
    async with database(rows_of(case), url) as base:
        made = attempt_sync(lambda: make_app(base.engine, _agree))
        out, health = 0, None
        if made.ended == "returned":
            for number in (case.show, case.show + 100):  # which is answered, and which is not there
                await _asked(made.value, f"/shows/{number}")
            health = (await _asked(made.value, "/health"))["status"]
            out = await base.until_all_is_back()
    made_it = {**made.as_dict(), "value": None}
    return {"made": made_it, "rounds": rounds, "out": out, "health": health}


async def _two_guests(case: Evening, make_app: Any, first_pays: bool, url: str) -> dict[str, Any]:
    """Let two guests buy at once, of whom one is refused."""
    async with database(rows_of(case, orders=False), url) as base:
        till = Till(case.guests, first_pays, base.engine)
        made = attempt_sync(lambda: make_app(base.engine, sealed(till.pay)))
        if made.ended != "returned":
            return {"made": made.as_dict()}
        first_seen: list[list[int]] = []

        async def look(message: Message) -> None:
            if message["status"] == 201:
                first_seen.append(base.buyers())

        def buy(guest_id: int) -> asyncio.Task[Any]:
            wish = {"show_id": case.show, "guest_id": guest_id, "total_cents": 10 * guest_id}
            call = post(as_it_begins(made.value, look), "/orders", wish)
            return asyncio.ensure_future(attempt(lambda: call))

        first = buy(case.guests[0])
        await base.until(till.reached.is_set)
        second = buy(case.guests[1])
        await base.until(second.done)
        waited = not second.done()
        till.served.set()
        answers = [_told((await one).value) for one in (first, second)]
        out = await base.until_all_is_back()
        rows = await base.rows(Order.show_id, Order.guest_id, Order.total_cents)
    return {
        "made": {**made.as_dict(), "value": None},
        "rows": rows,
        "answers": answers,
        "waited": waited,
        "out": out,
        "asked": till.asked,
        "held": till.held[0] if till.held else 0,  # by the one request that there was
        "first": first_seen,  # whose orders were there when a 201 began to go out
    }


def why_not_shown(case: Evening, seen: dict[str, Any]) -> str | None:
    """Say what is wrong with the page of a show; nothing if all is right."""
    if reason := interruption(seen["made"], "make_app"):
        return reason
    path, show, none = f"GET /shows/{case.show}", seen["show"], seen.get("none", {})
    empty = seen.get("empty", {})
    if reason := interruption(show["outcome"], path):
        return reason
    if show["status"] != 200:
        told = show["error"] or show["body"]
        return f"{path} was answered with {show['status']}: {told}"
    due: dict[str, Any] = {
        "id": case.show,
        "title": f"Show {case.show}",
        "orders": sorted(
            ({"id": number, "total_cents": cents} for number, (of, _, cents) in case.orders.items()
             if of == case.show),
            key=str,
        ),
    }  # fmt: skip
    body = show["body"]
    found = body if isinstance(body, dict) else {}
    orders = found.get("orders")
    if not isinstance(orders, list):
        return f"The answer to {path} has no list of orders: {str(body)[:200]}."
    if {**found, "orders": sorted(orders, key=str)} != due:
        return (
            f"{path} was answered with {len(orders)} orders, {str(body)[:200]}; due are "
            f"{len(due['orders'])} orders, and of each id and total_cents, and id and title of "
            "the show."
        )
    if empty.get("status") != 200 or empty["body"].get("orders") != []:
        return (
            f"A show without an order was answered with {empty.get('status')}: "
            f"{empty.get('error') or empty.get('body')}. Due are 200 and an empty list."
        )
    if none.get("status") != 404:
        return f"A show that does not exist was answered with {none.get('status')}; 404 is due."
    return None


def why_not_their_own(case: Evening, seen: dict[str, Any]) -> str | None:
    """Say what two guests who bought at once had in common; nothing if all is right."""
    for one in (seen, *seen["rounds"]):
        if reason := interruption(one["made"], "make_app"):
            return reason
    first, second = case.guests
    for first_pays, one in zip((True, False), seen["rounds"], strict=True):
        buyer, refused = (first, second) if first_pays else (second, first)
        due = [[case.show, buyer, 10 * buyer]]
        told = f"Two guests bought at once, and guest {refused}'s card was refused."
        if one["waited"]:
            return (
                f"While guest {first}'s card was being asked, guest {second} was not served: "
                "requests wait for each other, as long as somebody else's card takes."
            )
        statuses = [answer["status"] for answer in one["answers"]]
        if one["rows"] != due:
            stored = [guest for _, guest, _ in one["rows"]] or "nobody"
            if stored == [buyer]:
                return (
                    f"Of an order show, guest and cents are stored as {one['rows'][0]}; asked for "
                    f"was {due[0]}."
                )
            both = (
                "the one whose card was good was told 201, and nothing is in the table"
                if not one["rows"] and 201 in statuses
                else "what one request does reaches the other, or one stores what was refused"
            )
            return (
                f"{told} Stored is an order of {stored}, and due is one of guest {buyer} alone. "
                f"The two were answered with {statuses}: {both}."
            )
        if statuses != ([201, 402] if first_pays else [402, 201]):
            errors = [answer["error"] for answer in one["answers"] if answer["error"]]
            return f"{told} The two were answered with {statuses}. {' '.join(errors)}".strip()
        if one["first"] != [[buyer]]:
            return (
                f"When the 201 for guest {buyer} began to go out, the order was not in the table; "
                "it came afterwards. A COMMIT that comes after the answer may still fail, and then "
                "the guest has a 201 for nothing. What decides is the scope of what commits."
            )
        asked = [[guest, 10 * guest] for guest in case.guests]
        if one["asked"] != asked:
            return (
                f"Guests and cents that `pay` was asked for are {one['asked']}; due are {asked}: "
                "each order once, with what it costs."
            )
        if one["held"]:
            return (
                f"While guest {first}'s card was being asked, the request held "
                f"{_connections(one['held'])} of the pool, as a session does whose transaction is "
                "open. When as many guests look for a card as the pool has connections, nobody "
                "else is served."
            )
    if seen["health"] != 200:
        return f"GET /health was answered with {seen['health']}; 200 is due."
    if seen["out"] or any(one["out"] for one in seen["rounds"]):
        return (
            "A request was over, and a connection was still out: what took it is not closed, or "
            "was used again after its close. Asked were a show, one that is not there, and two "
            "orders of which one was refused."
        )
    return None


def _connections(count: int) -> str:
    return "a connection" if count == 1 else f"{count} connections"
