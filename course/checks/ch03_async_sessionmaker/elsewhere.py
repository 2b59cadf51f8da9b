"""What queries elsewhere in the app load, whatever an answer did to models and sessions."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import inspect, select
from sqlalchemy.ext.asyncio import AsyncEngine

from course.checking.attempts import describe
from lantern import count_sql
from lantern.theatre import Base, Order, Show, Ticket

# A model, and its collection: an app may let it load itself, inside run_sync.
QUERIES = ((Show, "orders"), (Order, "tickets"), (Ticket, ""))
FEW = 3  # rows


async def queries_elsewhere(engine: AsyncEngine, make_sessions: Iterable[Any]) -> str:
    """Say what is unusual about a plain query of each model; nothing if it loads what it did."""
    for make_session in make_sessions:
        for model, collection in QUERIES:
            async with make_session(bind=engine) as session:
                if found := await _unusual(engine, session, model, collection):
                    return found
    return ""


async def _unusual(
    engine: AsyncEngine, session: Any, model: type[Base], collection: str
) -> str | None:
    query = f"A plain select({model.__name__}) elsewhere now"
    with count_sql(engine) as statements:
        try:
            rows = (await session.scalars(select(model).order_by(model.id).limit(FEW))).all()  # type: ignore[attr-defined]  # each has one
        except Exception as error:
            return f"{query} raises {describe(error)}"
    if len(statements) > 1:
        return f"{query} sends {len(statements)} statements"
    first = inspect(rows[0])
    assert first is not None
    if more := [one.key for one in first.mapper.relationships if one.key not in first.unloaded]:
        return f"{query} loads {more[0]} as well"
    if less := [one.key for one in first.mapper.column_attrs if one.key in first.unloaded]:
        return f"{query} does not load {less[0]}"
    if collection:
        try:
            await session.run_sync(lambda _: getattr(rows[0], collection))
        except Exception as error:
            name = f"{model.__name__}.{collection}"
            return f"To load {name} elsewhere, inside run_sync, now raises {describe(error)}"
    return None
