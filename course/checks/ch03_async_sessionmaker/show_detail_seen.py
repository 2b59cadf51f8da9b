"""What is seen of ch03-ex1: shows, as their caller can read them, and what was sent for that."""

from random import Random
from typing import Any

from sqlalchemy import inspect, update
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from course.checking.attempts import attempt, describe
from course.checks.ch03_async_sessionmaker.elsewhere import queries_elsewhere
from course.checks.ch03_async_sessionmaker.kept import class_of, refused, theatre
from course.checks.ch03_async_sessionmaker.sales import Row, Sales, draw_sales
from course.checks.sessions import fill
from lantern import count_sql
from lantern.errors import without_background
from lantern.pool import connections_in_use
from lantern.theatre import Base, Order, Show, Ticket

PORTION = 500  # parents that one statement of selectinload asks for
MOVED = "The same evening, moved"


def draw_show_detail(random: Random) -> Sales:
    """Draw a show with as many orders as one portion has, one with a few, none, and more."""
    few, more = random.randint(4, 9), random.randint(PORTION + 1, PORTION + 9)
    return draw_sales(random, (PORTION, few, 0, more))


async def observe_show_detail(case: Sales, show_detail: Any) -> dict[str, Any]:
    """Ask for each show and for one that does not exist, again after a change, and in vain."""
    async with theatre() as (engine, factory):
        await fill(engine, case.tables())
        shows = []
        for row in case.shows:
            shows.append(await _asked(engine, factory, show_detail, row["id"]))
            if shows[-1]["ended"] != "returned":
                break
        unknown = await _asked(engine, factory, show_detail, case.unknown)
        elsewhere = await queries_elsewhere(engine, (AsyncSession, factory))
        changed = case.shows[1]["id"]
        async with engine.begin() as connection:
            await connection.execute(update(Show).where(Show.id == changed).values(title=MOVED))
        again = await _asked(engine, factory, show_detail, changed)
        with refused(engine):
            in_vain = await _asked(engine, factory, show_detail, changed)
        return {
            "shows": shows,
            "unknown": unknown,
            "elsewhere": elsewhere,
            "again": again,
            "in vain": in_vain,
        }


async def _asked(
    engine: AsyncEngine, factory: Any, show_detail: Any, show_id: int
) -> dict[str, Any]:
    before = connections_in_use(engine)
    with count_sql(engine) as statements:
        outcome = await attempt(lambda: show_detail(factory, show_id))
    return {
        **outcome.as_dict(),
        "value": _read(outcome.value),
        "statements": len(statements),
        "still out": connections_in_use(engine) - before,
    }


class Unreadable(Exception):
    """An attribute that its owner could not give: name, message, and whether it was expired."""


def _read(show: Any) -> dict[str, Any]:
    """Read a show as its caller would: outside of any session, without an await."""
    if not isinstance(show, Show):
        return {"kind": class_of(show)}
    try:
        orders = [
            {
                **_columns(Order, order, "order"),
                "tickets": [
                    _columns(Ticket, ticket, "ticket")
                    for ticket in _value(order, "order", "tickets")
                ],
            }
            for order in _value(show, "show", "orders")
        ]
        return {"kind": "Show", **_columns(Show, show, "show"), "orders": orders}
    except Unreadable as error:
        failed, told, expired = error.args
        return {"kind": "Show", "failed": failed, "error": told, "expired": expired}


def _columns(model: type[Base], thing: Any, name: str) -> Row:
    names = [column.key for column in model.__table__.columns]
    values = {column: _value(thing, name, column) for column in names}
    return {column: as_json(value) for column, value in values.items()}


def _value(thing: Any, name: str, attribute: str) -> Any:
    try:
        return getattr(thing, attribute)
    except Exception as error:
        state = inspect(thing, raiseerr=False)
        # The link to an explanation is left out.
        told = without_background(describe(error))
        raise Unreadable(f"{name}.{attribute}", told, bool(state and state.expired)) from error


def as_json(value: Any) -> Any:
    """Return a number as it is, and a moment or a text as text."""
    return value if value is None or isinstance(value, int) else str(value)
