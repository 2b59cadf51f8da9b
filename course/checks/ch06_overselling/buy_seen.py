"""What is seen of buyers in every order of their steps, for ch06-ex1."""

from dataclasses import dataclass
from functools import partial
from random import Random
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from course.checking.exercise import Plain
from course.checks.ch06_overselling.every_order import (
    FEW_ORDERS,
    MOST_ORDERS,
    a_process_each,
    every_order,
    has_errors,
    noting_locks,
)
from course.checks.ch06_overselling.meanwhile import Call, Meanwhile
from course.checks.ch06_overselling.rows import APART
from course.checks.ch06_overselling.sales import sales, shows_and_guests
from course.checks.ch06_overselling.scenes import calling, id_of
from course.checks.sessions import Rows, close_all, fill, kept_factories
from lantern.theatre import Order, Show, Ticket, make_engine

# Of each question: how many guests come at once, and how many places are left.
QUESTIONS = {"alone": (1, 1), "late": (1, 0), "two": (2, 1), "three": (3, 2)}
SOME_ORDERS = 30  # of three guests, who may have hundreds; the course's own answer has 6


@dataclass(frozen=True)
class Sale:
    """Two shows by their ids, how many places each has, the guest of earlier, and who comes.

    The earlier guest has bought all places of the show but those that a question leaves, and
    some of the other show's.
    """

    show: int
    other: int
    capacity: int
    earlier: int
    guests: tuple[int, ...]


def draw_sale(random: Random) -> Sale:
    """Draw ids that are no counts, and guests in no order."""
    show, other = random.sample(range(100, 1_000), 2)
    earlier, *guests = random.sample(range(1_000, 9_000), 4)
    return Sale(show, other, random.randint(4, 9), earlier, tuple(guests))


async def observe_buy(case: Sale, buy: Any) -> dict[str, Any]:
    """Let guests buy in every order, and where they wait in memory, as if in several processes."""
    seen: dict[str, Any] = {"apart": None, "meanwhile": None}
    engine = make_engine(pool_size=10)
    try:
        await fill(engine, _rows(case))
        with noting_locks(engine, seen):
            for question in QUESTIONS:
                limit = SOME_ORDERS if question == "three" else MOST_ORDERS
                seen[question] = await _explored(case, buy, engine, question, limit)
                if seen[question]["in_memory"]:
                    with a_process_each():
                        seen["apart"] = await _explored(case, buy, engine, question, limit)
                        seen["meanwhile"] = await _meanwhile(case, buy)
                    break
                if has_errors(seen[question]):
                    break
            else:
                seen["meanwhile"] = await _meanwhile(case, buy)
    finally:
        await engine.dispose()
    return seen


async def observe_buy_elsewhere(case: Sale, buy: Any, url: str) -> dict[str, Any]:
    """Let one guest and two buy on a PostgreSQL, as if each had a process."""
    seen: dict[str, Any] = {"apart": None, "meanwhile": None}
    engine = make_engine(url, pool_size=10)
    await fill(engine, _rows(case))
    with noting_locks(engine, seen), a_process_each():
        for question in ("alone", "late", "two"):
            seen[question] = await _explored(case, buy, engine, question, FEW_ORDERS)
    await engine.dispose()
    return seen


def _rows(case: Sale) -> list[Rows]:
    return shows_and_guests((case.show, case.other), (case.earlier, *case.guests))


async def _explored(
    case: Sale, buy: Any, engine: AsyncEngine, question: str, limit: int = MOST_ORDERS
) -> Plain:
    count, left = QUESTIONS[question]
    session, _ = kept_factories(engine)
    calls = [_call(buy, session, case.show, guest) for guest in case.guests[:count]]

    async def before() -> None:
        await _forget(session)
        await _put_on_sale(case, engine, left)

    try:
        return await every_order(
            engine, *calls, before=before, look=lambda: _look(engine), limit=limit
        )
    finally:
        await close_all(session)


async def _meanwhile(case: Sale, buy: Any) -> list[Plain]:
    """Let another guest buy the last place between the steps of one, as PostgreSQL would."""
    engine = make_engine(pool_size=10)
    session, _ = kept_factories(engine)
    first, second = (_call(buy, session, case.show, guest) for guest in case.guests[:2])
    try:
        await fill(engine, _rows(case))
        await _put_on_sale(case, engine, 1)
        both = Meanwhile(engine, first, second)
        ends = await both.ends(before=lambda: _forget(session), look=lambda: _look(engine))
        return list(map(_with_its_id, ends))
    finally:
        await close_all(session)
        await engine.dispose()


def _with_its_id(end: Plain) -> Plain:
    """Return an end in which the other call's order has the id that it has in the tables."""
    ours, other = end["outcomes"]
    match other["value"]:
        case {"order": int(number)}:
            other = other | {"value": {"order": number + APART}}
    return end | {"outcomes": [ours, other]}


async def _forget(session: Any) -> None:
    await close_all(session)
    session.class_.unclosed.clear()


async def _put_on_sale(case: Sale, engine: AsyncEngine, left: int) -> None:
    """Take all orders back but those of the earlier guest, who has all places but so many."""
    async with engine.begin() as connection:
        for table in (Ticket, Order):
            await connection.execute(delete(table))
        for show, sold in ((case.show, case.capacity - left), (case.other, 2)):
            values = {"sold": sold, "capacity": case.capacity}
            await connection.execute(update(Show).where(Show.id == show).values(values))
            for _ in range(sold):
                order = {"show_id": show, "guest_id": case.earlier, "total_cents": 0}
                made = await connection.execute(insert(Order).values(order))
                (order_id,) = made.inserted_primary_key or (None,)
                await connection.execute(insert(Ticket).values(order_id=order_id))


def _call(buy: Any, session: Any, show: int, guest: int) -> Call:
    return calling(partial(buy, session, show, guest), _told)


def _told(value: Any) -> Any:
    """Return the id of an order, or what was returned in its place."""
    return {"order": id_of(value)} if isinstance(value, Order) else value


async def _look(engine: AsyncEngine) -> Plain:
    """Return the sales, and the orders that have a price."""
    priced = select(Order.id, Order.total_cents).where(Order.total_cents != 0).order_by(Order.id)
    async with engine.connect() as connection:
        rows = await connection.execute(priced)
        return await sales(connection) | {"priced": [list(row) for row in rows]}
