"""Constraints: who checks them, and how a refusal names the rule."""

from typing import Any

from sqlalchemy import CheckConstraint, Column, Integer, MetaData, Table, delete, insert, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from lantern.theatre import Guest, Order, Show
from tools.lies.asking import as_shipped, difference, named

for_no_show = insert(Order).values(id=2, show_id=99, guest_id=1, total_cents=2500)


async def _refusal(engine: AsyncEngine, statement: Any) -> str:
    """Return the error of a statement, its class and its message."""
    async with AsyncSession(engine) as session:
        try:
            await session.execute(statement)
        except SQLAlchemyError as error:
            return named(error)
    return "no error"


@difference
async def a_value_twice(engine: AsyncEngine) -> str:
    """A unique value is inserted once more."""
    return await _refusal(engine, insert(Guest).values(id=90, email="mara@lantern.example"))


@difference
@as_shipped
async def a_key_to_nothing(engine: AsyncEngine) -> str:
    """An order is for a show that is not there."""
    return await _refusal(engine, for_no_show)


@difference
@as_shipped
async def a_parent_deleted(engine: AsyncEngine) -> str:
    """A show is deleted that has seats."""
    return await _refusal(engine, delete(Show))


@difference
async def a_check(engine: AsyncEngine) -> str:
    """A row is written of which a CHECK is false."""
    rule = CheckConstraint("sold <= 10", name="no_more_than_seats")
    doors = Table("doors", MetaData(), Column("sold", Integer), rule)
    async with engine.begin() as connection:
        await connection.run_sync(doors.create)
    return await _refusal(engine, insert(doors).values(sold=11))


@difference
async def a_table_that_is_not_there(engine: AsyncEngine) -> str:
    """A table is asked that nobody has made."""
    return await _refusal(engine, text("SELECT * FROM balcony"))


@difference
async def which_rule(engine: AsyncEngine) -> str:
    """The name of the rule that an error is about, as the driver hands it over."""
    async with AsyncSession(engine) as session:
        try:
            await session.execute(for_no_show)
        except DBAPIError as error:
            driver = error.driver_exception
            name = getattr(getattr(driver, "diag", driver), "constraint_name", None)
            return f"`{type(driver).__name__}`, and {f'`{name}`' if name else 'no name'}"
    return "no error"
