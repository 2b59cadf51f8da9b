"""What is seen of the module of ch05-ex3: each function asked.

Each promise is asked in a database of its own, through functions that no other promise needs, so
an answer that repairs some of the faults keeps as many promises.
"""

import asyncio
import contextlib
from collections.abc import Iterator
from typing import Any

from sqlalchemy import update
from sqlalchemy.exc import OperationalError

from course.checking.attempts import attempt, describe, plain
from course.checking.patience import SOON, until_done, until_idle
from course.checking.sealed import sealed
from course.checks.ch05_pitfalls.box_office_app import at_once, shown
from course.checks.ch05_pitfalls.box_office_evening import (
    HOLDS,
    LOOKS,
    Database,
    Evening,
    database,
    moment,
    rows_of,
)
from course.checks.sessions import beside, uncollected
from lantern.events import listening
from lantern.theatre import Guest, Hold, Order, Seat, Show, make_sync_engine


async def observe_box_office(
    case: Evening,
    make_app: Any,
    door_count: Any,
    cancel_order: Any,
    import_guests: Any,
    hold_seat: Any,
    release_expired: Any,
    add_seats: Any,
    store_counts: Any,
    remind: Any,
    url: str = "",
) -> dict[str, Any]:
    """Ask for each of the eight promises by itself."""
    async with uncollected():
        return {
            "deleted": await _cancelled(case, cancel_order, url),
            "whole": await _imported(case, import_guests, url),
            "minutes": await _held(case, hold_seat, release_expired, url),
            "shown": await shown(case, make_app, url),
            "own": await at_once(case, make_app, url),
            "current": await _enlarged(case, add_seats, url),
            "nothing": await _counted(case, door_count, store_counts, url),
            "stopped": await _reminded(case, remind),
        }


async def _cancelled(case: Evening, cancel_order: Any, url: str) -> dict[str, Any]:
    async with database(rows_of(case), url) as base:
        strange = max(case.orders) + 1
        unknown = await base.call(cancel_order, strange)
        outcome = await base.call(cancel_order, case.cancelled)
        left = [row[0] for row in await base.rows(Order.id)]
    return {"outcome": outcome, "unknown": unknown, "left": left}


async def _imported(case: Evening, import_guests: Any, url: str) -> dict[str, Any]:
    seen: dict[str, Any] = {}
    twice = (*case.emails, case.emails[0])
    lists = (("spoilt", "kept", case.spoilt), ("whole", "stored", case.emails))
    for name, left, emails in (*lists, ("twice", "of twice", twice)):
        async with database(rows_of(case, orders=False), url) as base:
            seen[name] = await base.call(import_guests, list(emails))
            seen[left] = [row[0] for row in await base.rows(Guest.email)]
    return seen


async def _held(case: Evening, hold_seat: Any, release_expired: Any, url: str) -> dict[str, Any]:
    seats = [
        {"id": number, "show_id": case.show, "label": f"A{number}", "price_cents": 2500}
        for number in range(1, len(HOLDS) + 1)
    ]
    calls, looks = [], []
    async with database((*rows_of(case, orders=False), (Seat, seats)), url) as base:
        for place, (minutes, hours) in enumerate(HOLDS):
            now = moment(case, minutes, hours)
            calls.append(await base.call(hold_seat, place + 1, case.guests[place % 2], now))
        made = await base.rows(Hold.seat_id, Hold.guest_id)
        for minutes, hours, _ in LOOKS:
            calls.append(await base.call(release_expired, moment(case, minutes, hours)))
            looks.append([row[0] for row in await base.rows(Hold.seat_id)])
    return {"calls": calls, "made": made, "looks": looks}


async def _enlarged(case: Evening, add_seats: Any, url: str) -> dict[str, Any]:
    # As shipped: between a SELECT and the UPDATE others may write, as on most databases.
    async with database(rows_of(case, orders=False), url, as_shipped=True) as base:
        with _another_before_the_first_update(case, base) as added:
            outcome = await base.call(add_seats, case.show, case.more)
        rows = await base.rows(Show.id, Show.capacity)
    return {"outcome": outcome, "rows": rows, "added": sum(added)}


@contextlib.contextmanager
def _another_before_the_first_update(case: Evening, base: Database) -> Iterator[list[int]]:
    """Let somebody else add seats right before the answer's first UPDATE; yield what was added.

    Whom the answer has locked out adds nothing.
    """
    if base.engine.dialect.name == "sqlite":
        url = base.engine.url.set(drivername="sqlite")
        engine = make_sync_engine(url, as_shipped=True, connect_args={"timeout": 0})
    else:
        engine = beside(base.engine)
    enlarge = update(Show).where(Show.id == case.show)
    added: list[int] = []

    def before(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        if not added and statement.lstrip().upper().startswith("UPDATE"):
            added.append(0)
            with contextlib.suppress(OperationalError):
                with engine.begin() as other:
                    other.execute(enlarge.values(capacity=Show.capacity + case.meanwhile))
                added.append(case.meanwhile)

    with listening((base.engine.sync_engine, "before_cursor_execute", before)):
        yield added
    engine.dispose()


async def _counted(case: Evening, door_count: Any, store_counts: Any, url: str) -> dict[str, Any]:
    async with database((), url) as base:
        try:
            async with base.engine.begin() as connection:
                await connection.run_sync(door_count.metadata.create_all)
            columns = (door_count.door, door_count.guests)
            none = await base.call(store_counts, [])
            after_none = await base.rows(*columns)
            first = await base.call(store_counts, [dict(case.counts[0])])
            rest = await base.call(store_counts, [dict(count) for count in case.counts[1:]])
            rows = await base.rows(*columns)
        except Exception as error:
            return {"table": describe(error)}
    return {"none": none, "after none": after_none, "some": [first, rest], "rows": rows}


class ReturnToSender(Exception):
    """What a post office raises, which is no error of Python's own."""


async def _reminded(case: Evening, remind: Any) -> dict[str, Any]:
    sent: list[str] = []
    errors = (ReturnToSender("no such address"), LookupError("no such town"))
    bad = {case.emails[place]: error for place, error in zip(case.failing, errors, strict=True)}

    under_way, most = 0, 0

    async def send(email: str) -> None:
        nonlocal under_way, most
        sent.append(email)
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0)
        under_way -= 1
        if email in bad:
            raise bad[email]

    outcome = await attempt(lambda: remind(list(case.emails), sealed(send)))
    seen = {"outcome": outcome.as_dict(), "sent": plain(sent), "at once": most}
    return {**seen, **await _stopped(case, remind)}


async def _stopped(case: Evening, remind: Any) -> dict[str, Any]:
    """Cancel the sending at one of its addresses; return how it ended, and what still went."""
    sent: list[str] = []
    under_way: set[Any] = set()
    reached = asyncio.Event()

    async def send(email: str) -> None:
        sent.append(email)
        under_way.add(asyncio.current_task())
        try:
            if email == case.emails[case.stopped]:
                reached.set()
                await asyncio.Event().wait()
        finally:
            under_way.discard(asyncio.current_task())

    async def run() -> None:
        await remind(list(case.emails), sealed(send))

    task = asyncio.ensure_future(run())
    await until_idle(SOON, lambda: reached.is_set() or task.done())
    ended_early, before = task.done(), len(sent)
    task.cancel()
    await until_idle(SOON, task.done)
    over, cancelled, goes_on = task.done(), task.cancelled(), bool(under_way)
    left = {task, *under_way}
    for one in left:
        one.cancel()
    await until_done(left)
    return {
        "early": ended_early,
        "still sent": len(sent) - before,
        "over": over,
        "goes on": goes_on,
        "cancelled": cancelled,
    }
